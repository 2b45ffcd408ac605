// Writing rows by their model: the column names, types and defaults come from the Prisma schema.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../db/database.ts';
import { type ColumnMap, columnsOf, type ModelName, quoteIdent, type RowOf } from '../db/models.ts';
import { modelOf } from '../query/sql.ts';
import type { CommandContext } from './command.ts';
import { reject } from './user-errors.ts';

type Values = { readonly [property: string]: unknown };

/** Inserts rows in one statement; every row has the same properties. Answers how many were inserted. */
export async function insertRows<M extends ModelName>(
  tx: Queryable,
  model: M,
  rows: readonly Partial<RowOf[M]>[],
  onConflict: Sql = sql``,
): Promise<number> {
  if (rows.length === 0) return 0;
  return tx.execute(sql`${insertSql(model, rows as readonly Values[])} ${onConflict}`);
}

/** The INSERT of `insertRows`, for callers that add `returning` or `on conflict`. */
export function insertSql(model: ModelName, rows: readonly Values[]): Sql {
  const columns = columnsOf(modelOf(model)).filter((column) => column.name in rows[0]!);
  const names = raw(columns.map((column) => quoteIdent(column.column)).join(', '));
  const values = raw(columns.map(readColumn).join(', '));
  const params = join(
    columns.map((column) => sql`${rows.map((row) => toParameter(column, row[column.name]))}::${raw(parameterType(column))}[]`),
    ', ',
  );
  return sql`insert into ${raw(quoteIdent(modelOf(model).table))} (${names}) select ${values} from unnest(${params}) as r(${raw(columns.map((column) => quoteIdent(column.column)).join(', '))})`;
}

// unnest flattens arrays of arrays, so a list travels as its array literal, and JSON as text.
function parameterType(column: ColumnMap): string {
  return column.list || column.type === 'jsonb' ? 'text' : quoteType(column);
}

function quoteType(column: ColumnMap): string {
  return column.enum ? quoteIdent(column.type) : column.type;
}

function readColumn(column: ColumnMap): string {
  const name = `r.${quoteIdent(column.column)}`;
  if (column.list) return `array(select jsonb_array_elements_text(${name}::jsonb))::${quoteType(column)}[]`;
  return column.type === 'jsonb' ? `${name}::jsonb` : name;
}

function toParameter(column: ColumnMap, value: unknown): unknown {
  if (value == null) return null;
  return column.list || column.type === 'jsonb' ? JSON.stringify(value) : value;
}

function assignment(column: ColumnMap, value: unknown): Sql {
  const name = raw(quoteIdent(column.column));
  if (column.type === 'jsonb') return sql`${name} = ${value == null ? null : JSON.stringify(value)}::jsonb`;
  return sql`${name} = ${value as never}::${raw(quoteType(column) + (column.list ? '[]' : ''))}`;
}

/** All columns of a model under their property names. */
export function allColumns(model: ModelName, alias = ''): Sql {
  const prefix = alias ? `${alias}.` : '';
  return raw(
    columnsOf(modelOf(model))
      .map((column) => `${prefix}${quoteIdent(column.column)} as ${quoteIdent(column.name)}`)
      .join(', '),
  );
}

/** Locks and reads one row of the workspace; null when there is none. */
export async function lockRow<M extends ModelName>(ctx: CommandContext, model: M, id: string): Promise<RowOf[M] | null> {
  const [row] = await lockRows(ctx, model, [id]);
  return row ?? null;
}

/** Locks and reads rows of the workspace, in the order of their ids so that two writers cannot block each other for good. */
export async function lockRows<M extends ModelName>(ctx: CommandContext, model: M, ids: readonly string[]): Promise<RowOf[M][]> {
  return ctx.tx.query<RowOf[M]>(sql`select ${allColumns(model)} from ${raw(quoteIdent(modelOf(model).table))}
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${[...ids]}::uuid[]) order by id for no key update`);
}

export type Change = { before: Values; after: Values };

/** What a patch changes in a row: only the properties that differ; null when none does. */
export function changesOf(row: Values, patch: Values): Change | null {
  const changed = Object.keys(patch).filter((name) => patch[name] !== undefined && !sameValue(row[name], patch[name]));
  if (changed.length === 0) return null;
  return {
    before: Object.fromEntries(changed.map((name) => [name, row[name] ?? null])),
    after: Object.fromEntries(changed.map((name) => [name, patch[name] ?? null])),
  };
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a == null || b == null) return (a ?? null) === (b ?? null);
  if (a instanceof Date || b instanceof Date) return new Date(a as Date).getTime() === new Date(b as Date).getTime();
  if (typeof a === 'object') return stable(a) === stable(b);
  return a === b;
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([x], [y]) => (x < y ? -1 : 1)))
      : part,
  );
}

/** Writes changed properties to a row that is locked; raises version and updated_at where the model has them. */
export async function writeChanges(ctx: CommandContext, model: ModelName, id: string, after: Values): Promise<void> {
  const columns = modelOf(model).columns;
  const sets = Object.entries(after).map(([name, value]) => assignment(columns[name]!, value));
  if (columns.version) sets.push(sql`version = version + 1`);
  if (columns.updatedAt) sets.push(sql`updated_at = ${ctx.now}`);
  await ctx.tx.execute(
    sql`update ${raw(quoteIdent(modelOf(model).table))} set ${join(sets, ', ')} where workspace_id = ${ctx.workspaceId}::uuid and id = ${id}::uuid`,
  );
}

/** Refuses with VERSION_CONFLICT when the row is not at the version the caller saw. */
export function expectVersion(type: string, row: { id: string; version: number }, expected: number | null | undefined): void {
  if (expected != null && row.version !== expected) {
    reject('VERSION_CONFLICT', `It is at version ${row.version}, not ${expected}.`, ['expectedVersion'], { current: { type, id: row.id } });
  }
}

/** Refuses with NOT_FOUND. */
export function notFound(type: string, path: (string | number)[]): never {
  return reject('NOT_FOUND', `There is no such ${type}.`, path);
}

/** Writes changes of many locked rows: one statement for each set of columns that changes. */
export async function writeManyChanges(ctx: CommandContext, model: ModelName, changes: { id: string; after: Values }[]): Promise<void> {
  const columns = modelOf(model).columns;
  const groups = Map.groupBy(changes, ({ after }) => Object.keys(after).sort().join());
  for (const group of groups.values()) {
    const changed = Object.keys(group[0]!.after).map((name) => columns[name]!);
    const sets = changed.map((column) => raw(`${quoteIdent(column.column)} = ${readColumn(column)}`));
    if (columns.version) sets.push(sql`version = t.version + 1`);
    if (columns.updatedAt) sets.push(sql`updated_at = ${ctx.now}`);
    const params = changed.map(
      (column) => sql`${group.map(({ after }) => toParameter(column, after[column.name]))}::${raw(parameterType(column))}[]`,
    );
    const names = raw(['id', ...changed.map((column) => quoteIdent(column.column))].join(', '));
    await ctx.tx.execute(sql`update ${raw(quoteIdent(modelOf(model).table))} t set ${join(sets, ', ')}
      from unnest(${join([sql`${group.map(({ id }) => id)}::uuid[]`, ...params], ', ')}) as r(${names})
      where t.workspace_id = ${ctx.workspaceId}::uuid and t.id = r.id`);
  }
}
