// The settings of limits reach a server that is started like any other.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';

let database: TestDatabase;
let child: TestProcess;
let ask: (query: string) => ReturnType<typeof postQuery>;

beforeAll(async () => {
  database = await createEmptyDatabase();
  child = startTestProcess({
    DATABASE_URL: database.url,
    TRATO_API_KEY: 'trato_limits_0123456789abcdefghijklmnop',
    TRATO_DEMO: '0',
    TRATO_COST_MAXIMUM: '300',
    TRATO_COST_BUDGET: '4000',
    TRATO_COST_RESTORE: '50',
    TRATO_MAX_DEPTH: '6',
    TRATO_STATEMENT_TIMEOUT_MS: '1500',
  });
  const { url, key } = await child.ready();
  ask = (query) => postQuery(url, { query }, { key });
});
afterAll(async () => {
  child?.kill();
  await child?.exited;
  await database?.drop();
});

test('published, and held to', async () => {
  const { data, headers } = await ask('{ viewer { limits { depth costMaximum costBudget costRestore statementTimeoutMs aliases } } }');
  expect(data.viewer.limits).toEqual({
    depth: 6,
    costMaximum: 300,
    costBudget: 4_000,
    costRestore: 50,
    statementTimeoutMs: 1_500,
    aliases: 100,
  });
  expect(headers.get('ratelimit-policy')).toBe('"cost";q=4000;qu="points";w=80');
  const { errors } = await ask('{ customers(first: 10) { nodes { interactions(first: 50) { nodes { id } } } } }');
  expect(errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED', limit: 'costMaximum', value: 522, maximum: 300 } }]);
});

test('a write that waits too long is stopped', async () => {
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  const write = () => ask('mutation { channelCreate(input: { key: "late", name: "Late" }) { channel { key } userErrors { code } } }');
  try {
    await other.query('begin; lock table channels in access exclusive mode');
    const { status, errors } = await write();
    expect(status).toBe(504);
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', limit: 'statementTimeoutMs', value: 1_500, maximum: 1_500 } }]);
  } finally {
    await other.end();
  }
  expect((await write()).data.channelCreate).toEqual({ channel: { key: 'late' }, userErrors: [] });
});
