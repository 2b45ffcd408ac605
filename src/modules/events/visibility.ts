// Which events a viewer sees: those of subjects it may read, in the rows of its scope.
import sql, { join, type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import { allEntities } from '../../query/entity.ts';
import { cutsRows, mayRead, rowPolicy } from '../../query/policy.ts';
import { columnsOfAlias, tableOf } from '../../query/sql.ts';

/** The predicate on events (alias `e`). */
export function visibleEvents(viewer: Viewer): Sql {
  const readable = allEntities().filter((entity) => mayRead(viewer, entity));
  const free = readable.filter((entity) => !cutsRows(viewer, entity)).map((entity) => entity.name);
  const scoped = readable.filter((entity) => cutsRows(viewer, entity));
  const parts = scoped.map(
    (entity) =>
      sql`(e.subject_type = ${entity.name} and exists (select from ${tableOf(entity.name)} s where ${columnsOfAlias(entity.name, 's')('id')} = e.subject_id and ${rowPolicy(viewer, entity, 's')}))`,
  );
  return sql`(${join([sql`e.subject_type = any(${free}::text[])`, ...parts], ' or ')})`;
}
