// Who was in a segment at some moment.
import sql, { type Sql } from 'sql-template-tag';
import { entityNamed } from '../../query/entity.ts';
import { entityList } from '../../query/entity-list.ts';
import { requireVisible } from '../../query/filter.ts';
import { listSql } from '../../query/list-plan.ts';
import { columnsAt, type FieldPlan } from '../../query/plan.ts';
import { requireRead } from '../../query/policy.ts';
import type { Run } from '../../query/template.ts';

export const membersAtPlan: FieldPlan = (place) => {
  const parent = columnsAt(place)('id');
  const momentOf = (run: Run) => (place.field.args(run) as { at: Date }).at;
  const ids = (workspaceId: Sql, run: Run) => {
    const at = momentOf(run);
    return sql`select m.customer_id from segment_memberships m
      where m.workspace_id = ${workspaceId} and m.segment_id = ${parent} and m.entered_at <= ${at}::timestamptz
        and (m.left_at is null or m.left_at > ${at}::timestamptz)`;
  };
  return listSql(
    place,
    entityList(place, entityNamed('Customer'), {
      name: (run) => `Segment.membersAt:${momentOf(run).toISOString()}`,
      check: ({ viewer }) => {
        const stays = entityNamed('SegmentMembership');
        requireRead(viewer, stays);
        for (const field of ['customer', 'segment', 'enteredAt', 'leftAt']) requireVisible(viewer, stays, field);
      },
      link: (c, workspaceId, run) => sql`${c('id')} in (${ids(workspaceId, run)})`,
      ids,
    }),
  );
};
