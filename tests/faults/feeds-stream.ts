// A reader of event streams that sees every byte: what the client library hides, such as comments and how a stream ends.
import { type ClientRequest, request } from 'node:http';
import sql from 'sql-template-tag';
import { createApiKey } from '../../src/auth/api-key.ts';
import { newId } from '../../src/lib/typeid.ts';
import { until } from '../support/eventually.ts';
import type { TestServer } from '../support/server.ts';

export type RawStream = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Everything that came. */
  text(): string;
  // biome-ignore lint/suspicious/noExplicitAny: answers have the shape of the operation that the test wrote
  answers(): any[];
  reach(count: number): Promise<unknown[]>;
  /** Resolves with how it ended: by the server's word, or cut off. */
  ended: Promise<'ended' | 'cut'>;
  /** Stops and resumes reading. */
  pause(): void;
  resume(): void;
  close(): void;
};

export type StreamOptions = { key?: string; method?: string; headers?: Record<string, string>; path?: string };

/** Opens a stream with a subscription of its own. */
export function openStream(
  server: Pick<TestServer, 'url' | 'adminKey'>,
  body: object | null,
  options: StreamOptions = {},
): Promise<RawStream> {
  const { key = server.adminKey, method = 'POST', headers = {}, path = '' } = options;
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = request(`${server.url}/stream${path}`, {
      method,
      agent: false,
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    asked.once('error', reject);
    asked.once('response', (response) => {
      let text = '';
      let rest = '';
      const got: unknown[] = [];
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        const whole = (rest + part).split('\n\n');
        rest = whole.pop()!;
        for (const event of whole) if (event.startsWith('event: next')) got.push(JSON.parse(event.slice(event.indexOf('data:') + 5)));
      });
      const answers = () => got;
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        text: () => text,
        answers,
        async reach(count) {
          await until(() => answers().length >= count);
          return answers();
        },
        ended: new Promise((end) => {
          response.once('end', () => end('ended'));
          response.once('error', () => end('cut'));
          response.once('aborted', () => end('cut'));
        }),
        pause: () => response.pause(),
        resume: () => response.resume(),
        close: () => asked.destroy(),
      });
    });
    asked.end(body ? JSON.stringify(body) : undefined);
  });
}

/** Adds an administrator's key that ends when told. */
export async function addKey(server: TestServer, { expiresInMs }: { expiresInMs?: number } = {}): Promise<{ id: string; token: string }> {
  const { token, hash, prefix } = createApiKey();
  const id = newId();
  const expiresAt = expiresInMs === undefined ? null : new Date(Date.now() + expiresInMs);
  await server.db.execute(sql`insert into api_keys (workspace_id, id, name, prefix, hash, role_id, expires_at)
    select workspace_id, ${id}::uuid, 'test', ${prefix}, ${hash}, id, ${expiresAt}::timestamptz
    from roles where workspace_id = ${server.workspaceId}::uuid and key = 'administrator'`);
  return { id, token };
}
