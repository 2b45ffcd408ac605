// Other values in every column that a role can hide, so that an answer which depends on one of them changes.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../src/db/database.ts';
import { type ColumnMap, quoteIdent } from '../../src/db/models.ts';
import type { Entity } from '../../src/query/entity.ts';
import { fieldOfColumn } from '../../src/query/policy.ts';
import { modelOf, tableOf } from '../../src/query/sql.ts';

/** The columns of an entity that these fields show. Whether a row is archived shows in its absence: that column is left out. */
export function columnsShownBy(entity: Entity, fields: string[]): ColumnMap[] {
  return Object.values(modelOf(entity.name).columns).filter(
    ({ name }) => name !== 'archivedAt' && fields.includes(fieldOfColumn(entity, name)),
  );
}

/** Gives all rows of a workspace other values in these columns. */
export async function changeValues(db: Queryable, workspaceId: string, entity: Entity, columns: ColumnMap[]): Promise<void> {
  if (columns.length === 0) return;
  const sets = columns.map((column) => sql`${raw(quoteIdent(column.column))} = ${other(entity, column, workspaceId)}`);
  const own = entity.name === 'Workspace' ? sql`id` : sql`workspace_id`;
  await liftRules(db, modelOf(entity.name).table);
  await db.execute(sql`update ${tableOf(entity.name)} t set ${join(sets, ', ')} where ${own} = ${workspaceId}::uuid`);
}

/** Values need not go together: in the transaction, which is undone, nothing holds them to it. */
async function liftRules(db: Queryable, table: string): Promise<void> {
  const rules = await db.query<{ drop: string }>(sql`
    select format('alter table %I drop constraint %I', ${table}::text, conname) as drop from pg_constraint
      where conrelid = ${table}::regclass and contype = 'c'
    union all select format('drop index %I', indexrelid::regclass::text) from pg_index
      where indrelid = ${table}::regclass and indisunique and not indisprimary`);
  for (const { drop } of rules) await db.execute(sql`${raw(drop)}`);
}

function other(entity: Entity, column: ColumnMap, workspaceId: string): Sql {
  const value = raw(`t.${quoteIdent(column.column)}`);
  // Ties are turned round, so that no two of them become the same.
  if (entity.name === 'Relationship' && (column.name === 'fromId' || column.name === 'toId'))
    return raw(column.name === 'fromId' ? 't.to_id' : 't.from_id');
  if (column.list) return sql`array_append(${value}, 'changed')`;
  if (column.enum)
    return sql`(select e from unnest(enum_range(null::${raw(quoteIdent(column.type))})) e where e is distinct from ${value} limit 1)`;
  if (column.type === 'uuid') return otherRow(entity, column, value, workspaceId);
  return {
    text: sql`coalesce(${value}, '') || t.id::text`,
    bool: sql`not ${value}`,
    jsonb: sql`'{"changed": true}'::jsonb`,
    ...numbers(value),
    ...times(value),
  }[column.type]!;
}

const numbers = (value: Sql) =>
  Object.fromEntries(['int4', 'int8', 'float8', 'numeric'].map((type) => [type, sql`coalesce(${value}, 0) + 1`]));
const times = (value: Sql) => ({
  date: sql`coalesce(${value}, '2000-01-01') + 1`,
  timestamptz: sql`coalesce(${value}, '2000-01-01') + interval '1 day'`,
});

function otherRow(entity: Entity, column: ColumnMap, value: Sql, workspaceId: string): Sql {
  const relation = Object.values(modelOf(entity.name).relations).find((one) => one.owning && one.fields.includes(column.name));
  // Events are named without a foreign key.
  if (!relation) return sql`md5(${value}::text)::uuid`;
  // One that names nothing goes on so: a participant is either a customer or a user.
  const found = sql`select o.id from ${tableOf(relation.model)} o where o.workspace_id = ${workspaceId}::uuid and o.id <> ${value} order by o.id limit 1`;
  return sql`coalesce((${found}), ${value})`;
}
