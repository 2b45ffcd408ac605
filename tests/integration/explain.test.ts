// What an administrator is told of the statements behind an answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explained } from '../../src/server/explain.ts';
import { makeCustomer } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await makeCustomer(server, { displayName: 'Ada', kind: 'PERSON' });
});
afterAll(() => server.stop());

type Explain = { executor: string; count: number; statements: { sql: string; plan: string[] }[] };

async function told(
  query: string,
  key = server.adminKey,
  header: Record<string, string> = { 'x-trato-explain': '1' },
): Promise<Explain | undefined> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...header },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as { data: object; extensions: { explain?: Explain } };
  expect(body.data).toBeTruthy();
  return body.extensions.explain;
}

test('names the executor, the statement and its plan', async () => {
  const direct = (await told(
    '{ customers(first: 3) { nodes { id displayName owner { name } interactions(first: 2) { nodes { subject } } } } channels { nodes { key } } }',
  ))!;
  expect(direct).toMatchObject({ executor: 'direct', count: 1 });
  expect(direct.statements[0]!.sql).toContain('row_to_json');
  expect(direct.statements[0]!.plan.join('\n')).toMatch(/actual time=.*Execution Time/s);

  expect(await told('{ events(first: 3) { nodes { id subjectId data } } }')).toMatchObject({ executor: 'hybrid', count: 1 });
  expect(await told('{ roles { nodes { key rowScopes { subject } } } }')).toMatchObject({ executor: 'exec', count: 1 });
  // A subject of any type: one statement for the events, and one for each type of their subjects.
  expect(await told('{ events(first: 3, types: ["customer.created"]) { nodes { id subject { id } } } }')).toMatchObject({
    executor: 'exec',
  });
});

test('is for administrators who ask', async () => {
  const query = '{ customers { nodes { id } } }';
  expect(await told(query, server.adminKey, {})).toBeUndefined();
  const { data } = await server.query('mutation { apiKeyCreate(input: { name: "sales", role: "sales" }) { key } }');
  expect(await told(query, data.apiKeyCreate.key)).toBeUndefined();
});

test('a plan that cannot be had costs nobody the answer, and no more than ten are looked for', async () => {
  const seen = [{ statement: { text: 'select 1/0', values: [] }, executor: 'direct' }];
  expect(await explained(server.db, seen)).toEqual({
    executor: 'direct',
    count: 1,
    statements: [{ sql: 'select 1/0', plan: ['no plan: SQLSTATE 22012'] }],
  });
  const many = Array.from({ length: 12 }, () => ({ statement: { text: 'select 1', values: [] }, executor: 'exec' }));
  const { statements, count } = await explained(server.db, many);
  expect([statements.length, count]).toEqual([10, 12]);
});

test('an answer of the engine looks like one of graphql-js, over a socket too', async () => {
  const query = '{ list: customers(first: 1) { nodes { __typename name: displayName } totalCount { value } } }';
  const { data } = await server.query(query);
  expect(data).toEqual({ list: { nodes: [{ __typename: 'Customer', name: 'Ada' }], totalCount: { value: 1 } } });
  const client = server.subscriber();
  const answers: unknown[] = [];
  for await (const answer of client.iterate({ query })) answers.push(answer.data);
  expect(answers).toEqual([data]);
});
