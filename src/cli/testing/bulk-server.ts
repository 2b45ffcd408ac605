// A small real GraphQL server over HTTP with the bulk mutations' contract, in memory: for tests of what the commands do
// when a server is slow, away, refusing or answering twice. It keeps its data and its idempotency records over a stop.

import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { GraphQLResolveInfo } from 'graphql';
import { buildSchema, GraphQLError, type GraphQLScalarType, getDirectiveValues, graphql, isScalarType } from 'graphql';
import { BULK_SDL } from './bulk-sdl.ts';

type Row = Record<string, unknown>;
type RowStatus = 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REJECTED';
type Result = { index: number; status: RowStatus; id: string | null; userErrors: { code: string; message: string; path: string[] }[] };
type Payload = { results: Result[]; created: number; updated: number; unchanged: number; rejected: number; userErrors: never[] };
/** What a test may do to a request: answer it itself, lose the answer after the work is done, or let it pass. */
export type Fault = { status: number; retryAfter?: string; body?: unknown } | 'lose-answer' | 'drop' | undefined;

export type BulkServer = {
  readonly url: string;
  readonly key: string;
  /** Id of the key's workspace. */
  workspace: string;
  /** Rows by mutation and natural key. */
  readonly tables: Map<string, Map<string, Row>>;
  /** How many requests came, how often a stored result was answered, and the row count of each batch in order. */
  readonly seen: { requests: number; replays: number; batches: number[]; keys: string[] };
  /** Asked before each request; the tests' hook for faults. */
  fault: (request: number) => Fault | Promise<Fault>;
  /** Rejects a row: gives its error code, message and path. */
  refuse: (mutation: string, row: Row) => { code: string; message: string; path: string[] } | undefined;
  stop: () => Promise<void>;
  /** Listens again on the same port. */
  start: () => Promise<void>;
};

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );

/** What a row is matched by, as the real server does. */
function naturalKey(mutation: string, row: Row): string {
  const ref = (row.externalId ?? row.externalRef) as { system: string; value: string } | undefined;
  if (ref) return `${ref.system}\u0000${ref.value}`;
  if (mutation === 'relationshipsUpsert') return canonical([row.kind, row.from, row.to]);
  if (mutation === 'attributeDefinitionsUpsert') return canonical([row.entity, row.key]);
  if (row.identities) return canonical((row.identities as unknown[])[0]);
  return row.key ? String(row.key) : canonical(row);
}

/** Starts a server on a free port; call `stop` in the end. */
export async function startBulkServer(key = 'test-key'): Promise<BulkServer> {
  const schema = buildSchema(BULK_SDL);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type) && type.name === 'Decimal') type.parseValue = decimalValue;
    if (isScalarType(type) && type.name === 'DateTime') type.parseValue = dateTimeValue;
  }
  const stored = new Map<string, { input: string; payload: Payload }>();
  const tables = new Map<string, Map<string, Row>>();
  const sockets = new Set<Socket>();
  let http: Server | undefined;
  let port = 0;

  function apply(mutation: string, { rows, dryRun }: { rows: Row[]; dryRun: boolean }): Payload {
    const real = tables.get(mutation) ?? new Map<string, Row>();
    const table = dryRun ? new Map(real) : real;
    if (!dryRun) tables.set(mutation, table);
    const results = rows.map((row, index): Result => {
      const error = server.refuse(mutation, row);
      if (error)
        return { index, status: 'REJECTED', id: null, userErrors: [{ ...error, path: ['input', 'rows', String(index), ...error.path] }] };
      const at = naturalKey(mutation, row);
      const before = table.get(at);
      const after = { ...before, ...row };
      table.set(at, after);
      const status = !before ? 'CREATED' : canonical(before) === canonical(after) ? 'UNCHANGED' : 'UPDATED';
      return { index, status, id: at, userErrors: [] };
    });
    const of = (status: RowStatus): number => results.filter((result) => result.status === status).length;
    return {
      results,
      created: of('CREATED'),
      updated: of('UPDATED'),
      unchanged: of('UNCHANGED'),
      rejected: of('REJECTED'),
      userErrors: [],
    };
  }

  function resolve(mutation: string, input: { rows: Row[]; dryRun: boolean }, info: GraphQLResolveInfo): Payload {
    if (input.rows.length > 500) throw new GraphQLError('more than 500 rows', { extensions: { code: 'TOO_MANY_ROWS' } });
    const directive = schema.getDirective('idempotent');
    const node = info.fieldNodes[0];
    const idempotencyKey = directive && node && (getDirectiveValues(directive, node, info.variableValues)?.key as string | undefined);
    server.seen.batches.push(input.rows.length);
    if (!idempotencyKey) return apply(mutation, input);
    server.seen.keys.push(idempotencyKey);
    const known = stored.get(idempotencyKey);
    if (known && known.input !== canonical(input))
      throw new GraphQLError('key used with other input', { extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    if (known) server.seen.replays += 1;
    const payload = known?.payload ?? apply(mutation, input);
    stored.set(idempotencyKey, { input: canonical(input), payload });
    return payload;
  }
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    field.resolve = (_root, args: { input: { rows: Row[]; dryRun: boolean } }, _context, info) => resolve(field.name, args.input, info);
  }

  async function answer(body: string, authorization: string | undefined, response: ServerResponse): Promise<void> {
    const reply = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    };
    server.seen.requests += 1;
    const fault = await server.fault(server.seen.requests);
    if (fault === 'drop') return void response.destroy();
    if (typeof fault === 'object')
      return reply(
        fault.status,
        fault.body ?? { errors: [{ message: 'fault', extensions: {} }] },
        fault.retryAfter ? { 'retry-after': fault.retryAfter } : {},
      );
    if (authorization !== `Bearer ${key}`)
      return reply(401, { errors: [{ message: 'not authenticated', extensions: { code: 'UNAUTHENTICATED' } }] });
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    const result = await graphql({
      schema,
      source: query,
      variableValues: variables,
      rootValue: { viewer: { workspace: { id: server.workspace } } },
    });
    if (fault === 'lose-answer') return void response.destroy();
    const rejectedInput = result.errors && result.data === undefined;
    reply(
      rejectedInput ? 400 : 200,
      rejectedInput ? { errors: result.errors?.map((error) => ({ ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT' } })) } : result,
    );
  }

  const server: BulkServer & { url: string } = {
    url: '',
    key,
    workspace: 'workspace_1',
    tables,
    seen: { requests: 0, replays: 0, batches: [], keys: [] },
    fault: () => undefined,
    refuse: () => undefined,
    async start() {
      http = createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        request.on('end', () => void answer(body, request.headers.authorization, response));
      });
      http.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((ready) => http?.listen(port, '127.0.0.1', ready));
      port = (http.address() as AddressInfo).port;
      server.url = `http://127.0.0.1:${port}/graphql`;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((closed) =>
        http
          ? http.close(() => {
              closed();
            })
          : closed(),
      );
    },
  };
  await server.start();
  return server;
}

const decimalValue: GraphQLScalarType['parseValue'] = (value) => {
  if (typeof value !== 'string' || !/^-?\d+(\.\d+)?$/.test(value)) throw new GraphQLError('a Decimal is a text of digits');
  return value;
};
const dateTimeValue: GraphQLScalarType['parseValue'] = (value) => {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw new GraphQLError('not a DateTime');
  return value;
};
