// Which of some rows a viewer sees, many at once.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import type { Entity } from './entity.ts';
import { rowPolicy } from './policy.ts';
import { columnsOfAlias, tableOf } from './sql.ts';

/** For each id whether the viewer sees its row, archived ones too, and it fulfils `where` (on the alias `t`). */
export async function seesRows(db: Queryable, viewer: Viewer, entity: Entity, ids: readonly string[], where?: Sql): Promise<boolean[]> {
  const id = columnsOfAlias(entity.name, 't')('id');
  const rows = await db.query<{ id: string }>(sql`select ${id} from ${tableOf(entity.name)} t
    where ${rowPolicy(viewer, entity, 't')} and ${id} = any(${[...new Set(ids)]}::uuid[])${where ? sql` and ${where}` : sql``}`);
  const seen = new Set(rows.map((row) => row.id));
  return ids.map((one) => seen.has(one));
}
