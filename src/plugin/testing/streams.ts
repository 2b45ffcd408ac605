// Subscribing as a client does that sits behind a proxy: an event stream of one subscription.
import type { TestCaller, TestError } from './callers.ts';

export type OpenStream = {
  /** The codes of errors that came so far. */
  codes(): string[];
  /** Leaves, without a word. */
  leave(): void;
};

/** Subscribes; what comes is read until the caller leaves. */
export function openStream(url: string, { key }: TestCaller, query: string): OpenStream {
  const leaving = new AbortController();
  const codes: string[] = [];
  void (async () => {
    const response = await fetch(`${url}/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
      signal: leaving.signal,
    });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return note(await response.json());
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const messages = (text + chunk).split('\n\n');
      text = messages.pop()!;
      for (const message of messages) {
        const data = /^data: (.+)$/m.exec(message)?.[1];
        if (data) note(JSON.parse(data));
      }
    }
  })().catch((error: Error) => {
    if (!leaving.signal.aborted) codes.push(`CONNECTION: ${error.message}`);
  });

  function note(answer: unknown): void {
    const { errors = [] } = (answer ?? {}) as { errors?: TestError[] };
    codes.push(...errors.map(({ extensions, message }) => extensions?.code ?? message));
  }

  return { codes: () => codes, leave: () => leaving.abort() };
}
