// Runs operations against the schema on one connection of its own: what a mutation wrote is looked at and rolled back, so
// that thousands of calls can be made of the same state.
import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import pino from 'pino';
import sql from 'sql-template-tag';
import type { Viewer } from '../../src/auth/viewer.ts';
import { type Database, openDatabase, type Queryable, RetryTransaction, type Statement, type Transaction } from '../../src/db/database.ts';
import type { EventHub } from '../../src/events/index.ts';
import type { Context } from '../../src/graphql/context.ts';
import { entityNamed } from '../../src/query/entity.ts';
import { cutsRows } from '../../src/query/policy.ts';
import { createReader } from '../../src/query/reader.ts';
import { type Asked, answerQuery } from '../../src/server/answer.ts';
import { maskError } from '../../src/server/mask-error.ts';
import { unguarded } from './statements.ts';

export type Sandbox = {
  db: Database;
  /** Executes a read, or a mutation that is undone. `touched`: the guarded tables it wrote to. */
  run(viewer: Viewer, document: DocumentNode, variables: Record<string, unknown>, root?: unknown): Promise<Outcome>;
  context(viewer: Viewer): Context;
  close(): Promise<void>;
};

export type Outcome = { data: unknown; errors: { code: string; message: string; path: string }[]; touched: string };

const log = pino({ level: 'silent' });

/** `agreeEvery`: each how many reads are answered by SQL alone as well; a walk of thousands need not do all twice. */
export async function openSandbox(
  url: string,
  schema: GraphQLSchema,
  hub: EventHub | null = null,
  { agreeEvery = 1 } = {},
): Promise<Sandbox> {
  let reads = 0;
  const pool = openDatabase(url, { max: 1 });
  const client = await pool.pool.connect();
  let last: Promise<unknown> = Promise.resolve();
  // One statement after the other: resolvers ask at the same time, a connection answers one at a time.
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }
  const send = (statement: Statement) => inTurn(() => client.query({ text: statement.text, values: statement.values }));
  const queryable: Queryable = {
    query: async <R>(statement: Statement) => (await send(statement)).rows as R[],
    execute: async (statement) => (await send(statement)).rowCount ?? 0,
  };
  const db: Database = { ...queryable, pool: pool.pool, url, transaction: (work) => nested(work), close: () => pool.close() };

  let writes = false;

  async function nested<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (writes) return saved(work);
    // A read that wants a transaction has one of its own, without effect.
    await db.execute(sql`begin`);
    try {
      return await saved(work);
    } finally {
      await db.execute(sql`rollback`);
    }
  }

  async function saved<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await db.execute(sql`savepoint command`);
      try {
        const result = await work({ ...queryable, afterCommit: () => undefined });
        await db.execute(sql`release savepoint command`);
        return result;
      } catch (error) {
        await db.execute(sql`rollback to savepoint command`);
        if (!(error instanceof RetryTransaction) || attempt >= 3) throw error;
      }
    }
  }

  function context(viewer: Viewer): Context {
    const reader = createReader(db, viewer);
    reader.explain = ({ text }) => {
      const faults = unguarded(text, cutsRows(viewer, entityNamed('Customer')));
      if (faults.length > 0) throw new Error(`${faults.join('; ')} in ${text}`);
    };
    return { requestId: 'contract', viewer, db, reader, hub: hub as EventHub, log };
  }

  async function run(
    viewer: Viewer,
    document: DocumentNode,
    variableValues: Record<string, unknown>,
    rootValue?: unknown,
  ): Promise<Outcome> {
    const operation = document.definitions[0];
    const isMutation = operation?.kind === 'OperationDefinition' && operation.operation === 'mutation';
    const answer = async () => {
      const contextValue = context(viewer);
      return execute({ schema, document, variableValues, contextValue, rootValue });
    };
    if (!isMutation) {
      const result = await answer();
      if (operation?.kind === 'OperationDefinition' && rootValue === undefined && reads++ % agreeEvery === 0) {
        await mustAgree(context(viewer), { schema, document, operation, variables: variableValues }, result);
      }
      return outcomeOf(result, '');
    }
    await db.execute(sql`begin`);
    writes = true;
    try {
      const result = await answer();
      const [row] = await db.query<{ touched: string | null }>(sql`select current_setting('trato.touched', true) as touched`);
      return outcomeOf(result, row!.touched ?? '');
    } finally {
      writes = false;
      await db.execute(sql`rollback`);
    }
  }

  return {
    db,
    run,
    context,
    async close() {
      client.release();
      await pool.close();
    },
  };
}

/** Throws where SQL alone, as a server asks it first, answers something else than graphql-js over the engine's rows. */
async function mustAgree(ctx: Context, asked: Asked, { data, errors }: ExecutionResult): Promise<void> {
  const direct = await answerQuery(ctx, asked);
  if (!direct) return;
  if (errors) throw new Error(`SQL alone answers where there are errors: ${JSON.stringify(errors)}`);
  const expected = withoutSeconds(JSON.stringify(data));
  if (withoutSeconds(JSON.stringify(JSON.parse(direct.text))) !== expected)
    throw new Error(`SQL alone answers ${direct.text} in place of ${expected}`);
}

/** Without what grows while it is looked at. */
export function withoutSeconds(text: string): string {
  return text.replace(/("(?:\w*_)?(?:secondsInStage|seconds)":)\d+/g, '$1"<seconds>"');
}

/** Data, and errors as a caller would see them. */
export function outcomeOf({ data, errors = [] }: ExecutionResult, touched: string): Outcome {
  const shown = errors.map((error) => {
    const { message, extensions } = maskError(
      error.path || error.extensions.code ? error : Object.assign(error, { extensions: { code: 'BAD_USER_INPUT' } }),
      { requestId: 'contract', log, suggestions: false },
    );
    const cause = extensions!.code === 'INTERNAL_SERVER_ERROR' ? ` ${error.originalError?.message ?? error.message}` : '';
    return { code: String(extensions!.code), message: message + cause, path: error.path?.join('.') ?? '' };
  });
  return { data, errors: shown.sort((a, b) => (a.path < b.path ? -1 : 1)), touched };
}

/**
 * Has every write to a row with one of these ids, or of a workspace with one of them, noted in the setting
 * `trato.touched` until the end of its transaction.
 */
export async function guardRows(db: Database, ids: Iterable<string>): Promise<void> {
  await db.pool.query('create table contract_guarded (id uuid primary key)');
  await db.execute(sql`insert into contract_guarded select distinct unnest(${[...ids]}::uuid[])`);
  await db.pool.query(`create function contract_guard() returns trigger language plpgsql as $$
    declare row jsonb;
    begin
      foreach row in array array[to_jsonb(old), to_jsonb(new)] loop
        if exists (select from contract_guarded g where g.id::text in (row ->> 'id', row ->> 'workspace_id')) then
          perform set_config('trato.touched', concat_ws(' ', nullif(current_setting('trato.touched', true), ''), tg_table_name), true);
          return null;
        end if;
      end loop;
      return null;
    end $$`);
  for (const table of await workspaceTables(db))
    await db.pool.query(
      `create trigger contract_guard after insert or update or delete on "${table}" for each row execute function contract_guard()`,
    );
}

/** Tables with rows of workspaces, the table of workspaces itself among them. */
export async function workspaceTables(db: Database): Promise<string[]> {
  const rows = await db.query<{ name: string }>(sql`select c.relname as name from pg_class c
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
      and (c.relname = 'workspaces' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id'))
    order by 1`);
  return rows.map((row) => row.name);
}

/** A checksum of every row the workspace has in each table. */
export async function checksums(db: Database, workspaceId: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const table of await workspaceTables(db)) {
    const column = table === 'workspaces' ? 'id' : 'workspace_id';
    const { rows } = await db.pool.query(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '') as sum from "${table}" t where ${column} = $1`,
      [workspaceId],
    );
    sums[table] = rows[0].sum;
  }
  return sums;
}
