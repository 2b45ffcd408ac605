// Working segmentations out anew: on demand, and value classes as often as they say.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { defineCommand } from '../../commands/command.ts';
import { id, input } from '../../commands/fields.ts';
import { lockRow, notFound } from '../../commands/rows.ts';
import type { Database } from '../../db/database.ts';
import { presentSql } from '../../db/present.ts';
import { defineSchedule } from '../../jobs/index.ts';
import { changeUnit } from '../rules/index.ts';
import { renewUnits } from './renew.ts';
import { SEGMENTATION_UNIT } from './units.ts';
import './segments.entity.ts';

export const segmentationRecompute = defineCommand<{ id: string }, { id: string }>({
  name: 'segmentationRecompute',
  description: 'Has a segmentation worked out anew for everyone, in the background: its `evaluation` tells when that is done.',
  permission: 'segments:write',
  input: input('SegmentationRecomputeInput', 'Which segmentation.', {
    id: id('Segmentation', 'The segmentation.'),
  }) as unknown as z.ZodType<{ id: string }>,
  run: async (ctx, { id: wanted }) => {
    const row = await lockRow(ctx, 'Segmentation', wanted);
    if (!row || row.archivedAt) return notFound('Segmentation', ['id']);
    await renewUnits(ctx, [row.id]);
    return { id: row.id };
  },
});

const AT_ONCE = 100;

/** Has the value classes that are due worked out anew. */
export function recomputeDue(db: Database): Promise<void> {
  return db.transaction(async (tx) => {
    const due = await tx.query<{ workspaceId: string; id: string }>(sql`
      update segmentations g set recompute_at = now() + make_interval(mins => g.recompute_minutes)
      from (select workspace_id, id from segmentations where recompute_at <= ${presentSql} and recompute_minutes is not null and archived_at is null
        order by recompute_at limit ${AT_ONCE} for no key update skip locked) d
      where g.workspace_id = d.workspace_id and g.id = d.id
      returning g.workspace_id as "workspaceId", g.id`);
    const ordered = due.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const { workspaceId, id: segmentation } of ordered) await changeUnit(tx, workspaceId, SEGMENTATION_UNIT, segmentation);
  });
}

defineSchedule({ name: 'value-classes', everyMs: 60_000, run: recomputeDue });
