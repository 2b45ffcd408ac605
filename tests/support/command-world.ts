// One workspace on a database of its own, for tests of modules: runs commands as a role and asks the schema without a server.
import { graphql } from 'graphql';
import pino from 'pino';
import sql, { type Sql } from 'sql-template-tag';
import { builtInRoles } from '../../src/auth/built-in-roles.ts';
import { compileRole, type RoleDefinition } from '../../src/auth/permissions.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import type { BulkInput, BulkOutcome } from '../../src/commands/bulk.ts';
import { type Command, runCommand } from '../../src/commands/command.ts';
import { insertRows } from '../../src/commands/rows.ts';
import type { UserError } from '../../src/commands/user-errors.ts';
import { type Database, openDatabase, type Transaction } from '../../src/db/database.ts';
import type { ModelName, RowOf } from '../../src/db/models.ts';
import type { Context } from '../../src/graphql/context.ts';
import { newId } from '../../src/lib/typeid.ts';
import { createReader } from '../../src/query/reader.ts';
import { createTestDatabase } from './database.ts';

// biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation that the test wrote
export type Answer = { data: any; errors: string[] };

export type World = {
  db: Database;
  workspaceId: string;
  /** An administrator unless told, without a user of their own. */
  viewer(role?: RoleDefinition, more?: Partial<Viewer>): Viewer;
  /** Runs a command; answers its result and the codes of its user errors with their paths (`CODE a.b`). */
  run<Input, Result>(command: Command<Input, Result>, input: object, viewer?: Viewer): Promise<{ result: Result | null; errors: string[] }>;
  /** Runs a bulk command; answers for each row its status and the codes of its user errors with their paths. */
  bulk(command: Command<BulkInput, BulkOutcome>, rows: object[], more?: object): Promise<string[]>;
  /** How many statements a command takes. */
  statementsOf<Input, Result>(command: Command<Input, Result>, input: object): Promise<number>;
  /** Runs an operation; answers data and errors as the schema gives them. */
  ask(query: string, variables?: Record<string, unknown>, viewer?: Viewer): Promise<Answer>;
  /** Inserts a row with the workspace and a new id; answers the id. */
  add<M extends ModelName>(model: M, values: Partial<RowOf[M]>): Promise<string>;
  /** Inserts persons of these names; answers their ids. */
  customers(...names: string[]): Promise<string[]>;
  /** Events that wait in the inbox, in order. */
  events(type?: string): Promise<{ type: string; subject_id: string; customer_id: string | null; data: Record<string, unknown> }[]>;
  rows<R>(statement: Sql): Promise<R[]>;
  close(): Promise<void>;
};

export async function createWorld(): Promise<World> {
  const test = await createTestDatabase();
  const db = openDatabase(test.url, { max: 20, onError: () => undefined });
  const workspaceId = newId();
  await insertRows(db, 'Workspace', [{ id: workspaceId, key: `w${workspaceId}`, name: 'Test' }]);
  const add: World['add'] = async (model, values) => {
    const id = newId();
    await insertRows(db, model, [{ workspaceId, id, ...values } as never]);
    return id;
  };
  const viewer: World['viewer'] = (role = builtInRoles.administrator, more = {}) => ({
    workspaceId,
    actor: { kind: 'SYSTEM', id: null },
    credentialId: workspaceId,
    userId: null,
    teamIds: [],
    role: compileRole(role),
    roleName: 'test',
    expiresAt: null,
    origin: null,
    ...more,
  });
  return {
    db,
    workspaceId,
    viewer,
    add,
    run: async (command, input, as = viewer()) => {
      const { result, userErrors } = await runCommand({ db, viewer: as, requestId: 'test' }, command, input);
      return { result, errors: userErrors.map(codeAndPath) };
    },
    bulk: async (command, rows, more = {}) => {
      const input = { rows, onError: 'SKIP', ...more };
      const { result, userErrors } = await runCommand({ db, viewer: viewer(), requestId: 'test' }, command, input);
      if (!result) throw new Error(userErrors.map(codeAndPath).join());
      return result.results.map((row) => [row.status, ...row.userErrors.map(codeAndPath)].join(' '));
    },
    statementsOf: async (command, input) => {
      let statements = 0;
      const counted = (tx: Transaction): Transaction => ({
        ...tx,
        query: (statement) => {
          statements++;
          return tx.query(statement);
        },
        execute: (statement) => {
          statements++;
          return tx.execute(statement);
        },
      });
      const counting: Database = { ...db, transaction: (fn) => db.transaction((tx) => fn(counted(tx))) };
      await runCommand({ db: counting, viewer: viewer(), requestId: 'test' }, command, input);
      return statements;
    },
    ask: async (source, variableValues = {}, as = viewer()) => {
      const { buildSchema } = await import('../../src/graphql/schema.ts');
      const contextValue = {
        requestId: 'test',
        viewer: as,
        db,
        reader: createReader(db, as),
        hub: null as never,
        log: pino({ level: 'silent' }),
      } as unknown as Context;
      const { data, errors } = await graphql({ schema: buildSchema(), source, variableValues, contextValue });
      return { data: structuredClone(data), errors: (errors ?? []).map((error) => String(error.extensions.code ?? error.message)) };
    },
    customers: (...names) => Promise.all(names.map((displayName) => add('Customer', { kind: 'ORGANISATION', displayName }))),
    events: (type) => db.query(sqlOfEvents(type)),
    rows: (statement) => db.query(statement),
    close: async () => {
      await db.close();
      await test.drop();
    },
  };
}

function codeAndPath({ code, path }: UserError): string {
  return [code, path.join('.')].filter(Boolean).join(' ');
}

function sqlOfEvents(type: string | undefined): Sql {
  return sql`select type, subject_id, customer_id, data from event_inbox where ${type ?? null}::text is null or type = ${type ?? null} order by position`;
}
