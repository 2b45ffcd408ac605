// What making and changing users and teams have in common: finding, checking and writing many at once.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns, type Change, insertRows } from '../../commands/rows.ts';
import { type UserError, UserErrors, userError } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import { columnsOf, quoteIdent, type RowOf } from '../../db/models.ts';
import { modelOf } from '../../query/sql.ts';

export type Person = 'User' | 'Team';
export type ExternalRef = { system: string; value: string };

/** Where it is said what became of each item; the sink of a bulk command, or one that throws. */
export type Report = {
  done: (index: number, status: 'CREATED' | 'UPDATED' | 'UNCHANGED', id: string) => void;
  reject: (index: number, ...errors: UserError[]) => void;
};

/** A report for a command on a single record: errors stop it, the id is kept. */
export function singleReport(): Report & { id: () => string } {
  let saved = '';
  return {
    done: (_index, _status, id) => {
      saved = id;
    },
    reject: (_index, ...errors) => {
      throw new UserErrors(errors);
    },
    id: () => saved,
  };
}

/** Key of a record in maps: its external reference. */
export function refKey(system: unknown, value: unknown): string {
  return JSON.stringify(['external', system, value]);
}

export function refColumns(ref: ExternalRef | null | undefined): { externalSystem?: string | null; externalId?: string | null } {
  if (ref === undefined) return {};
  return { externalSystem: ref?.system ?? null, externalId: ref?.value ?? null };
}

/** Finds and locks, in the order of their ids, the records with these external references or (users) e-mail addresses. */
export async function lockMatches<P extends Person>(
  ctx: CommandContext,
  model: P,
  refs: readonly ExternalRef[],
  emails: readonly string[] = [],
): Promise<RowOf[P][]> {
  const table = raw(quoteIdent(modelOf(model).table));
  const byEmail =
    model === 'User'
      ? sql`union select id from users where workspace_id = ${ctx.workspaceId}::uuid and email = any(${[...emails]}::text[])`
      : sql``;
  return ctx.tx.query<RowOf[P]>(sql`select ${allColumns(model)} from ${table} where workspace_id = ${ctx.workspaceId}::uuid and id in (
    select id from ${table} where workspace_id = ${ctx.workspaceId}::uuid and (external_system, external_id) in
      (select * from unnest(${refs.map((ref) => ref.system)}::text[], ${refs.map((ref) => ref.value)}::text[])) ${byEmail}
    ) order by id for no key update`);
}

/** Inserts new records and reports them; another writer who was faster has the transaction run again. */
export async function insertAll<P extends Person>(
  ctx: CommandContext,
  model: P,
  rows: readonly (Partial<RowOf[P]> & { id: string })[],
): Promise<void> {
  const made = await insertRows(ctx.tx, model, rows, sql`on conflict do nothing`);
  if (made < rows.length) throw new RetryTransaction();
  for (const { id, workspaceId: _workspace, ...after } of rows as readonly (Record<string, unknown> & { id: string })[]) {
    emit(ctx, model, 'created', id, { after: Object.fromEntries(Object.entries(after).filter(([, value]) => value != null)) });
  }
}

export type Changed = { row: Record<string, unknown> & { id: string }; changes: Change };

/** Writes the changes of locked records in one statement. */
export async function updateAll(ctx: CommandContext, model: Person, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  const names = new Set(changed.flatMap(({ changes }) => Object.keys(changes.after)));
  const columns = columnsOf(model).filter((column) => names.has(column.name));
  const merged = changed.map(({ row, changes }) => ({ ...row, ...changes.after }) as Record<string, unknown>);
  const values = columns.map((column): Sql => sql`${merged.map((row) => row[column.name] ?? null)}::${raw(`${column.type}[]`)}`);
  const quoted = columns.map((column) => quoteIdent(column.column));
  await orRetry(() =>
    ctx.tx.execute(sql`update ${raw(quoteIdent(modelOf(model).table))} as t
      set ${raw(quoted.map((name) => `${name} = n.${name}`).join(', '))}, version = t.version + 1, updated_at = ${ctx.now}
      from unnest(${join([sql`${changed.map(({ row }) => row.id)}::uuid[]`, ...values], ', ')}) as n (id, ${raw(quoted.join(', '))})
      where t.workspace_id = ${ctx.workspaceId}::uuid and t.id = n.id`),
  );
  for (const { row, changes } of changed) emit(ctx, model, 'updated', row.id, changes);
}

// A unique value that another transaction took meanwhile: run again, and the check that comes first finds it.
async function orRetry<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw (error as { code?: string }).code === '23505' ? new RetryTransaction() : error;
  }
}

function emit(ctx: CommandContext, model: Person, what: string, id: string, data: { before?: object; after?: object }): void {
  ctx.emit({ type: `${model.toLowerCase()}.${what}`, subjectType: model, subjectId: id, customerId: null, data: data as never });
}

/** DUPLICATE at `path` for a value that `other` has. */
export function duplicate(model: Person, other: { id: string }, path: (string | number)[]): UserError {
  return userError('DUPLICATE', `Another ${model} has it already.`, path, { existing: { type: model, id: other.id } });
}

/** OUT_OF_REACH for a row that names a record beyond the caller's row scope. */
export function outOfReach(model: Person): UserError {
  return userError('OUT_OF_REACH', `The role does not reach this ${model}.`, []);
}
