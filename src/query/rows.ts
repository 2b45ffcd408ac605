// Single rows by a unique column, many at once: to-one relations, node(id) and references.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import type { Entity } from './entity.ts';
import type { EntityRow } from './page.ts';
import { hidesColumn, rowPolicy } from './policy.ts';
import { columnsOfAlias, selectList, tableOf } from './sql.ts';

/** The rows with these ids that the viewer sees, archived ones too; null in place of the others. */
export async function readByIds(
  db: Queryable,
  viewer: Viewer,
  entity: Entity,
  ids: readonly string[],
  where?: Sql,
): Promise<(EntityRow | null)[]> {
  const c = columnsOfAlias(entity.name, 't');
  const rows = await db.query<EntityRow>(sql`select ${selectList(entity.name, 't', (property) => hidesColumn(viewer, entity, property))}
    from ${tableOf(entity.name)} t where ${rowPolicy(viewer, entity, 't')} and ${c('id')} = any(${[...new Set(ids)]}::uuid[])${where ? sql` and ${where}` : sql``}`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}
