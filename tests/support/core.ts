// Speaking to the API as its users do: mutations by name, roles with keys of their own, and a look at the SQL behind.
import { type MockInstance, vi } from 'vitest';
import type { TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation that the test wrote
export type Data = any;

/** Answers the data of an operation that must succeed. */
export async function ask(server: TestServer, document: string, variables: Record<string, unknown> = {}, key?: string): Promise<Data> {
  const { data, errors } = await server.query(document, variables, key === undefined ? {} : { key });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}

/** Answers the codes of an operation's errors; none when it succeeds. */
export async function codesOf(
  server: TestServer,
  document: string,
  variables: Record<string, unknown> = {},
  key?: string,
): Promise<string[]> {
  const { errors } = await server.query(document, variables, key === undefined ? {} : { key });
  return errors.map((error) => error.extensions.code);
}

const userErrors = `userErrors { __typename code path
  ... on VersionConflictError { current { id ... on Customer { version displayName } } } ... on DuplicateError { existing { id } } }`;

/** Runs a mutation with its `input`; answers the payload with `select` of it and `userErrors`. */
export async function mutate(
  server: TestServer,
  name: string,
  input: object,
  select: string,
  options: { key?: string; idempotent?: string } = {},
): Promise<Data> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const directive = options.idempotent ? ` @idempotent(key: "${options.idempotent}")` : '';
  const data = await ask(
    server,
    `mutation ($input: ${type}!) { ${name}(input: $input)${directive} { ${select} ${userErrors} } }`,
    { input },
    options.key,
  );
  return data[name];
}

/** The same, for one that must not meet user errors. */
export async function done(
  server: TestServer,
  name: string,
  input: object,
  select: string,
  options: { key?: string; idempotent?: string } = {},
): Promise<Data> {
  const payload = await mutate(server, name, input, select, options);
  if (payload.userErrors.length > 0) throw new Error(JSON.stringify(payload.userErrors));
  return payload;
}

const summary = 'results { index status id userErrors { code path } } created updated unchanged rejected';

/** Runs a bulk mutation; answers its whole payload. */
export function bulk(server: TestServer, name: string, rows: object[], more: object = {}): Promise<Data> {
  return mutate(server, name, { rows, ...more }, summary);
}

/** Makes a customer; answers its id. */
export async function makeCustomer(server: TestServer, input: object): Promise<string> {
  return (await done(server, 'customerCreate', input, 'customer { id }')).customer.id;
}

/** Records an interaction by e-mail unless told otherwise; answers its id. */
export async function record(server: TestServer, input: object): Promise<string> {
  return (
    await done(server, 'interactionRecord', { kind: 'enquiry', channel: 'email', direction: 'INBOUND', ...input }, 'interaction { id }')
  ).interaction.id;
}

let roles = 0;

/** Makes a role and an API key that has it. */
export async function keyOfRole(
  server: TestServer,
  role: { permissions: string[]; rowScopes?: object[]; hiddenFields?: string[] },
): Promise<string> {
  const key = `test_${++roles}`;
  await done(server, 'roleCreate', { key, name: key, ...role }, 'role { id }');
  return (await done(server, 'apiKeyCreate', { name: key, role: key }, 'key')).key;
}

export type Statement = { text: string; values: unknown[] };

/** Answers what `work` gives and the statements that were read for it, without those of signing in. */
export async function watchReads<T>(server: TestServer, work: () => Promise<T>): Promise<{ result: T; statements: Statement[] }> {
  const spy = vi.spyOn(server.db.pool, 'query') as unknown as MockInstance<(statement: Statement) => unknown>;
  try {
    const result = await work();
    // Not those that tell who asks and what they may spend.
    const others = /\b(api_keys|roles|credential_budgets)\b/;
    const statements = spy.mock.calls.map(([one]) => one).filter(({ text }) => text.includes('row_to_json') || !others.test(text));
    return { result, statements };
  } finally {
    spy.mockRestore();
  }
}
