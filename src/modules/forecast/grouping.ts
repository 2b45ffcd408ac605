// What forecasts and figures of selling are parted by: a column of the opportunity, or of what it belongs to.
import sql, { type Sql } from 'sql-template-tag';
import { isHidden } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { hidesColumn, requireRead, rowPolicy } from '../../query/policy.ts';

export const MAX_GROUPS = 200;

/** The id behind the key of a pipeline that the viewer may read; null when none is asked for. Throws BAD_USER_INPUT. */
export async function pipelineAsked(db: Queryable, viewer: Viewer, key: string | null | undefined): Promise<string | null> {
  if (key == null) return null;
  const entity = entityNamed('Pipeline');
  requireRead(viewer, entity);
  const [row] = await db.query<{ id: string }>(
    sql`select p.id from pipelines p where ${rowPolicy(viewer, entity, 'p')} and p.key = ${key}`,
  );
  if (!row) throw apiError('BAD_USER_INPUT', `There is no pipeline ${JSON.stringify(key.slice(0, 63))}.`);
  return row.id;
}

/** How many groups stand for themselves: 1 to 200. Throws BAD_USER_INPUT. */
export function groupsAsked(groups: number | null | undefined): number {
  const asked = groups ?? 50;
  if (asked < 1 || asked > MAX_GROUPS) throw apiError('BAD_USER_INPUT', `groups must be from 1 to ${MAX_GROUPS}.`);
  return asked;
}

/** Throws FORBIDDEN where the role may not read the entity, or hides one of these columns of it. */
export function requireColumns(viewer: Viewer, name: string, columns: readonly string[]): void {
  requireRead(viewer, entityNamed(name));
  requireShown(viewer, name, columns);
}

/** Throws FORBIDDEN where the role hides one of these columns of the entity. */
export function requireShown(viewer: Viewer, name: string, columns: readonly string[]): void {
  const entity = entityNamed(name);
  for (const column of columns) {
    // Some relations are added by other modules: the field of `ruleId` is `rule`.
    if (hidesColumn(viewer, entity, column) || isHidden(viewer.role, name, column.replace(/Id$/, '')))
      throw apiError('FORBIDDEN', `The role hides ${name}.${column}, of which this is made.`);
  }
}

/** The time zone of the workspace, as a scalar subquery. */
export function zoneSql(viewer: Viewer): Sql {
  return sql`(select w.time_zone from workspaces w where w.id = ${viewer.workspaceId}::uuid)`;
}

/** The currency of the workspace, as a scalar subquery. */
export function currencySql(viewer: Viewer): Sql {
  return sql`(select w.currency from workspaces w where w.id = ${viewer.workspaceId}::uuid)`;
}
