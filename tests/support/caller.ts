// Short ways to use a test server's API where every operation must succeed, or its codes are what matters.
import { expect } from 'vitest';
import type { TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
type Data = any;

export type Caller = {
  /** The data of an operation that must succeed, as the administrator or with another key. */
  ask(document: string, variables?: Record<string, unknown>, key?: string): Promise<Data>;
  /** The payload of a mutation that must succeed: `change('teamCreate', { name: 'A' }, 'team { id }')`. */
  change(name: string, input: Record<string, unknown>, selection?: string, key?: string): Promise<Data>;
  /** The codes with which a mutation is refused, user errors with their path: `NOT_FOUND parent`. */
  codesOf(name: string, input: Record<string, unknown>, key?: string): Promise<string[]>;
};

export function callerOf(server: TestServer): Caller {
  const send = (document: string, variables: Record<string, unknown>, key: string | undefined) =>
    server.query(document, variables, key === undefined ? {} : { key });
  const mutation = (name: string, selection: string) =>
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${selection} userErrors { code path } } }`;

  async function ask(document: string, variables: Record<string, unknown> = {}, key?: string): Promise<Data> {
    const answer = await send(document, variables, key);
    expect(answer.errors).toEqual([]);
    return answer.data;
  }
  return {
    ask,
    async change(name, input, selection = '', key) {
      const payload = (await ask(mutation(name, selection), { input }, key))[name];
      expect(payload.userErrors).toEqual([]);
      return payload;
    },
    async codesOf(name, input, key) {
      const { data, errors } = await send(mutation(name, ''), { input }, key);
      const refused: { code: string; path: string[] }[] = data?.[name]?.userErrors ?? [];
      return [...errors.map((error) => error.extensions.code), ...refused.map((error) => `${error.code} ${error.path.join('.')}`)];
    },
  };
}
