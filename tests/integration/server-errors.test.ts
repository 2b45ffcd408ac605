// What becomes of errors that resolvers throw: those of the catalogue pass, everything else is masked and logged.
import { GraphQLError, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../../src/graphql/context.ts';
import { apiError } from '../../src/graphql/errors.ts';
import { until } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

type Resolve = (ctx: Context) => unknown;
const field = (resolve: Resolve) => ({ type: GraphQLString, resolve: (_root: unknown, _args: unknown, ctx: Context) => resolve(ctx) });
/** Holds the only connection for as long as a test wants. */
let gate = Promise.withResolvers<string>();
let failing: TestServer;
beforeAll(async () => {
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: {
      fine: field(() => 'fine'),
      bug: field(() => {
        throw new TypeError('cannot read "ada@example.com" of 4711');
      }),
      leaky: field(() => {
        throw new GraphQLError('select secret from table', { extensions: { code: 'SOMETHING_ELSE', rows: ['secret'] } });
      }),
      masked: field(() => {
        throw apiError('FORBIDDEN', 'No.', { permission: 'x:read' });
      }),
      database: field((ctx) => ctx.db.query(sql`select secret_column from secret_table`)),
      nul: field((ctx) => ctx.db.query(sql`select ${'a\0b'}::text`)),
      busy: field((ctx) => ctx.db.transaction(() => gate.promise)),
      mistaken: {
        type: new GraphQLObjectType({ name: 'Thing', isTypeOf: () => false, fields: { id: { type: GraphQLString } } }),
        resolve: () => ({ id: 'ada@example.com' }),
      },
      wrong: { type: new GraphQLNonNull(GraphQLInt), resolve: () => 'no number' },
      asked: { type: GraphQLString, args: { n: { type: new GraphQLNonNull(GraphQLInt) } }, resolve: () => 'x' },
    },
  });
  failing = await startTestServer({ schema: new GraphQLSchema({ query }), poolSize: 1, poolTimeoutMs: 800 });
});
afterAll(() => failing?.stop());

test.for(['bug', 'leaky', 'database', 'wrong', 'mistaken'])(
  '%s: nothing of the message, code or stack gets out; the log has it under the request id',
  async (name) => {
    const answer = await failing.query(name === 'mistaken' ? '{ mistaken { id } }' : `{ ${name} }`);
    expect(answer.status).toBe(500);
    expect(answer.errors).toEqual([
      {
        message: 'Something went wrong here; the request id finds it in the log.',
        path: [name],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: answer.headers.get('x-request-id') },
      },
    ]);
    const line = failing.logs.find((text) => text.includes(answer.headers.get('x-request-id')!) && text.includes('unexpected'))!;
    expect(JSON.parse(line)).toMatchObject({ level: 'error', err: { type: expect.any(String), stack: expect.stringContaining('at ') } });
    expect(failing.logs.join('')).not.toContain('ada@example.com');
  },
);

test('errors of the catalogue keep message, code and extensions', async () => {
  const answer = await failing.query('{ fine masked }');
  expect(answer).toMatchObject({
    status: 200,
    data: { fine: 'fine', masked: null },
    errors: [{ message: 'No.', extensions: { code: 'FORBIDDEN', permission: 'x:read' } }],
  });
});

test('a text that PostgreSQL cannot hold is bad input, not a bug', async () => {
  expect((await failing.query('{ nul }')).errors[0]!.extensions.code).toBe('BAD_USER_INPUT');
});

test('where no connection gets free in time the answer is OVERLOADED, to be tried again', async () => {
  gate = Promise.withResolvers();
  const first = failing.query('{ busy }');
  await until(() => failing.db.pool.totalCount - failing.db.pool.idleCount === 1);
  const second = await failing.query('{ busy }', {}, { key: null });
  expect(second).toMatchObject({ status: 503, errors: [{ extensions: { code: 'OVERLOADED' } }] });
  expect(second.headers.get('retry-after')).toBe('1');
  gate.resolve('done');
  expect(await first).toMatchObject({ status: 200, data: { busy: 'done' } });
});

test('a server whose database does not answer is alive and not ready', async () => {
  gate = Promise.withResolvers();
  const blocked = failing.query('{ busy }');
  await until(() => failing.db.pool.totalCount - failing.db.pool.idleCount === 1);
  const ready = await fetch(`${failing.origin}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reason: 'database' }]);
  expect((await fetch(`${failing.origin}/healthz`)).status).toBe(200);
  gate.resolve('done');
  await blocked;
});
