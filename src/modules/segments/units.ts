// The units by which segments are kept up to date.
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import { defineUnitKind, dependenciesOf, type LoadedUnit, type StoredRule } from '../rules/index.ts';
import { evaluateClasses } from './evaluate-classes.ts';
import { endStays, evaluatePartition, evaluateSegment, noDependencies } from './evaluate-rules.ts';
import { storedMeasure } from './measure.ts';

export const SEGMENT_UNIT = 'SEGMENT';
export const SEGMENTATION_UNIT = 'SEGMENTATION';

type SegmentationRow = { id: string; method: string; measure: unknown; archived: boolean };
type SegmentRow = { id: string; segmentationId: string; rule: StoredRule | null; isDefault: boolean; ceiling: string | null };

defineUnitKind({
  kind: SEGMENT_UNIT,
  async load(db, workspaceId, ids) {
    const rows = await db.query<{ id: string; segmentationId: string; rule: StoredRule; archived: boolean }>(sql`
      select s.id, s.segmentation_id as "segmentationId", s.rule, s.archived_at is not null or g.archived_at is not null as archived from segments s
      join segmentations g on g.workspace_id = s.workspace_id and g.id = s.segmentation_id
      where s.workspace_id = ${workspaceId}::uuid and s.id = any(${[...ids]}::uuid[]) and s.kind = 'DYNAMIC' and s.rule is not null
        and g.kind = 'TACTICAL'`);
    return new Map(
      rows.map((row): [string, LoadedUnit] => [
        row.id,
        row.archived
          ? emptied(sql`m.segment_id = ${row.id}::uuid`)
          : { dependencies: [dependenciesOf(row.rule)], evaluate: (work) => evaluateSegment(work, row.segmentationId, row) },
      ]),
    );
  },
});

defineUnitKind({
  kind: SEGMENTATION_UNIT,
  async load(db, workspaceId, ids) {
    const rows =
      await db.query<SegmentationRow>(sql`select id, method::text as method, measure, archived_at is not null as archived from segmentations
      where workspace_id = ${workspaceId}::uuid and id = any(${[...ids]}::uuid[]) and kind = 'STRATEGIC'`);
    const parts = Map.groupBy(
      await activeSegments(
        db,
        workspaceId,
        rows.map(({ id }) => id),
      ),
      (part) => part.segmentationId,
    );
    return new Map(rows.flatMap((row) => unitOf(row, parts.get(row.id) ?? [])));
  },
});

// Evaluating it ends what stays an evaluation under way has begun while it was being archived.
function emptied(owned: Sql): LoadedUnit {
  return { dependencies: [noDependencies], evaluate: (work) => endStays(work, owned) };
}

function unitOf({ id, method, measure, archived }: SegmentationRow, parts: SegmentRow[]): [string, LoadedUnit][] {
  if (archived) return [[id, emptied(sql`m.segmentation_id = ${id}::uuid`)]];
  const defaultId = parts.find((part) => part.isDefault)?.id;
  if (!defaultId) return [];
  if (method === 'VALUE_CLASSES') {
    const classes = parts.flatMap((part) => (part.ceiling === null ? [] : [{ id: part.id, ceiling: part.ceiling }]));
    const spec = { id, defaultId, measure: storedMeasure(measure), classes };
    return [[id, { dependencies: [noDependencies], evaluate: (work) => evaluateClasses(work, spec) }]];
  }
  const ruled = parts.flatMap((part) => (part.isDefault || !part.rule ? [] : [{ id: part.id, rule: part.rule }]));
  const dependencies = ruled.length === 0 ? [noDependencies] : ruled.map(({ rule }) => dependenciesOf(rule));
  return [[id, { dependencies, evaluate: (work) => evaluatePartition(work, { id, defaultId, ruled }) }]];
}

/** The segments of segmentations that are not archived, in the order in which their rules are asked. */
export function activeSegments(db: Queryable, workspaceId: string, segmentationIds: readonly string[]): Promise<SegmentRow[]> {
  return db.query<SegmentRow>(sql`select id, segmentation_id as "segmentationId", rule, is_default as "isDefault", ceiling from segments
    where workspace_id = ${workspaceId}::uuid and segmentation_id = any(${[...segmentationIds]}::uuid[]) and archived_at is null order by priority, id`);
}
