// Following a subscription over a real socket: everything that came, and ways to wait for it and to break it off.
import type { Client, ExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import { until } from './eventually.ts';
import type { TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation that the test wrote
export type Item = { data: any; errors?: any[]; extensions?: { feed: { cursor: string; phase: string; lagged: boolean } } };

export type Feed = {
  /** What came so far. */
  items: Item[];
  /** The codes of the errors that came, in answers or in place of them. */
  codes(): string[];
  /** Whether the server has ended it, or the socket is gone. */
  over(): boolean;
  /** Waits until `count` items have come; answers all. */
  reach(count: number): Promise<Item[]>;
  stop(): void;
};

const codeOf = (error: { extensions?: { code?: string } }) => error.extensions?.code ?? 'none';

/** Subscribes with a client. */
export function follow(client: Client, query: string, variables: Record<string, unknown> = {}): Feed {
  const items: Item[] = [];
  const codes: string[] = [];
  let over = false;
  const stop = client.subscribe(
    { query, variables },
    {
      next(result: ExecutionResult<Record<string, unknown>, unknown>) {
        items.push(result as unknown as Item);
        codes.push(...(result.errors ?? []).map(codeOf));
      },
      error(error) {
        over = true;
        codes.push(...(Array.isArray(error) ? error.map(codeOf) : [`closed ${(error as { code?: number }).code}`]));
      },
      complete() {
        over = true;
      },
    },
  );
  return {
    items,
    codes: () => codes,
    over: () => over,
    async reach(count) {
      await until(() => items.length >= count || codes.length > 0);
      if (items.length < count) throw new Error(`only ${items.length} of ${count} came: ${codes.join()}`);
      return items;
    },
    stop,
  };
}

/** A client whose sockets can be cut as a network does it: without a word. */
export function breakableClient(server: TestServer, key?: string): { client: Client; cut(): void } {
  const sockets = new Set<WebSocket>();
  class Watched extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols);
      sockets.add(this);
    }
  }
  const client = server.subscriber({ webSocketImpl: Watched, ...(key === undefined ? {} : { key }) });
  return {
    client,
    cut() {
      for (const socket of sockets) socket.terminate();
      sockets.clear();
    },
  };
}
