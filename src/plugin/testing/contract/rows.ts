// What a plugin's tables hold, to compare before and after.
import type { Database } from '../../../db/database.ts';

export type TableRows = Record<string, string[]>;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The tables of a schema of PostgreSQL. */
export async function tablesOf(db: Database, schema: string): Promise<string[]> {
  const rows = await db.query<{ name: string }>({
    text: `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind in ('r', 'p') order by 1`,
    values: [schema],
  });
  return rows.map(({ name }) => name);
}

/** All rows of all tables, in no order of their own; those of one workspace where it is told. */
export async function rowsOf(db: Database, schema: string, workspaceId?: string): Promise<TableRows> {
  const held: TableRows = {};
  for (const table of await tablesOf(db, schema)) {
    const where = workspaceId ? 'where t.workspace_id = $1::uuid' : '';
    const text = `select to_jsonb(t)::text as row from ${quoted(schema)}.${quoted(table)} t ${where} order by 1`;
    held[table] = (await db.query<{ row: string }>({ text, values: workspaceId ? [workspaceId] : [] })).map(({ row }) => row);
  }
  return held;
}

/** The same without what differs between two workspaces in which the same has happened: ids and moments. */
export function withoutIds(rows: TableRows): TableRows {
  const plain = (row: string) =>
    row
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}/g, '<id>')
      .replaceAll(/\d{4}-\d\d-\d\d([T ][\d:.+Z-]+)?/g, '<time>');
  return Object.fromEntries(Object.entries(rows).map(([table, held]) => [table, held.map(plain).sort()]));
}

/** Tables whose primary key does not begin with `workspace_id`. */
export async function withoutWorkspace(db: Database, schema: string): Promise<string[]> {
  const rows = await db.query<{ name: string }>({
    text: `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      left join pg_index i on i.indrelid = c.oid and i.indisprimary
      left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where n.nspname = $1 and c.relkind in ('r', 'p') and a.attname is distinct from 'workspace_id'`,
    values: [schema],
  });
  return rows.map(({ name }) => name);
}
