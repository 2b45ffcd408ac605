// Making and changing segmentations.
import sql from 'sql-template-tag';
import { z } from 'zod';
import type { CommandContext } from '../../commands/command.ts';
import { type CrudCommands, crudCommands } from '../../commands/crud.ts';
import { decimal, input, int, key, longText, oneOf, text } from '../../commands/fields.ts';
import { insertSql } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import { SegmentationKindValues, SegmentationMethodValues } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { closeStays } from './close-stays.ts';
import { lockSegments, refuseArchivedAsked, refuseInUse } from './dependence.ts';
import { type MeasureInput, measureInput, resolveMeasure } from './measure.ts';
import { renewUnits } from './renew.ts';
import './segments.entity.ts';

type Values = Record<string, unknown>;
type NewSegment = { key: string; name: string; ceiling: string | null; isDefault: boolean };

const named = {
  key: key('Stable name of the segment, unique in the workspace.'),
  name: text('Name shown to people.'),
};
const defaultSegment = input('DefaultSegmentInput', 'The segment for whoever no other one takes.', named);
const valueClass = input('ValueClassInput', 'A value class to make.', {
  ...named,
  ceiling: decimal('Up to which part of the whole value, summed from the most valuable customer down, it reaches: 0.8 for A.'),
});

/** Fields that make segments: only looked at when the segmentation is made. */
const making = {
  defaultSegment: defaultSegment.nullish().meta({
    description: 'STRATEGIC: the segment for everyone whom no other takes; `<key>_other` unless told. Only when the segmentation is made.',
  }),
  classes: z.array(valueClass).min(1).max(20).nullish().meta({
    description: 'VALUE_CLASSES: the classes; A to 0.8, B to 0.95 and C to 1 unless told. Only when the segmentation is made.',
  }),
};

const crud = crudCommands({
  entity: 'Segmentation',
  noun: 'segmentation',
  plural: 'segmentations',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    description: longText('What it means.', 2000).nullish(),
    kind: oneOf('SegmentationKind', SegmentationKindValues, 'STRATEGIC parts the base, TACTICAL profiles overlap; fixed once it is made.'),
    method: oneOf(
      'SegmentationMethod',
      SegmentationMethodValues,
      'How a strategic one finds the segment of a customer; RULES unless told, fixed once it is made.',
    ).optional(),
    measure: measureInput.nullish(),
    recomputeMinutes: int(
      'VALUE_CLASSES: how often they are worked out anew, in minutes; only on demand unless told.',
      1,
      1_000_000,
    ).nullish(),
    ...making,
  },
  columns: toColumns,
});

export const segmentationCommands: CrudCommands = {
  create: {
    ...crud.create,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const result = await crud.create.run(ctx, values);
      await complete(ctx, result.id, values);
      return result;
    },
  },
  update: {
    ...crud.update,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const result = await crud.update.run(ctx, values);
      if (values.measure !== undefined) await renewUnits(ctx, [result.id]);
      return result;
    },
  },
  archive: {
    ...crud.archive,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const parts = await segmentsOf(ctx, values.id);
      await refuseInUse(ctx, parts);
      const result = await crud.archive.run(ctx, values);
      await renewUnits(ctx, [values.id]);
      await closeStays(ctx, { segmentation: values.id });
      return result;
    },
  },
  restore: {
    ...crud.restore,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const result = await crud.restore.run(ctx, values);
      await refuseArchivedAsked(ctx, await segmentsOf(ctx, values.id));
      await renewUnits(ctx, [values.id]);
      return result;
    },
  },
  upsert: {
    ...crud.upsert,
    run: async (ctx, bulk) => {
      await lockSegments(ctx);
      const outcome = await crud.upsert.run(ctx, bulk);
      for (const { index, id, status } of outcome.results) {
        const values = bulk.rows[index] as Values;
        if (id && status === 'CREATED') await complete(ctx, id, values);
        else if (id && status === 'UPDATED' && values.measure !== undefined) await renewUnits(ctx, [id]);
      }
      return outcome;
    },
  },
};

async function segmentsOf(ctx: CommandContext, segmentationId: string): Promise<string[]> {
  const rows = await ctx.tx.query<{ id: string }>(sql`select id from segments
    where workspace_id = ${ctx.workspaceId}::uuid and segmentation_id = ${segmentationId}::uuid and archived_at is null`);
  return rows.map(({ id }) => id);
}

async function current(ctx: CommandContext, values: Values): Promise<Values | null> {
  const [row] = await ctx.tx.query<Values>(sql`select id, kind, method, measure from segmentations
    where workspace_id = ${ctx.workspaceId}::uuid and key = ${values.key as string}`);
  return row ?? null;
}

async function toColumns(ctx: CommandContext, { defaultSegment: _d, classes: _c, ...values }: Values, row: Values | null): Promise<Values> {
  const known = row ?? (await current(ctx, values));
  const columns: Values = { ...values };
  for (const fixed of ['kind', 'method']) {
    if (known && values[fixed] != null && values[fixed] !== known[fixed]) {
      reject('FIXED_AFTER_CREATION', 'This is fixed once the segmentation is made.', [fixed]);
    }
  }
  const kind = known?.kind ?? values.kind;
  const method = known?.method ?? values.method ?? 'RULES';
  if (method === 'VALUE_CLASSES' && kind !== 'STRATEGIC') reject('INVALID', 'Value classes part the base: they are strategic.', ['method']);
  if (method !== 'VALUE_CLASSES') refuseValueFields(values);
  if (method === 'VALUE_CLASSES' && (values.measure !== undefined || !known)) {
    columns.measure = await resolveMeasure(ctx, values.measure as MeasureInput | null, ['measure']);
  }
  if (values.recomputeMinutes !== undefined) columns.recomputeAt = nextTime(ctx, values.recomputeMinutes as number | null);
  if (!known && kind === 'STRATEGIC') await refuseTaken(ctx, plannedSegments({ ...values, defaultSegment: _d, classes: _c, method }));
  return columns;
}

function refuseValueFields(values: Values): void {
  for (const name of ['measure', 'recomputeMinutes', 'classes']) {
    if (values[name] != null) reject('INVALID', 'Only value classes have this.', [name]);
  }
}

const nextTime = (ctx: CommandContext, minutes: number | null) =>
  minutes === null ? null : new Date(ctx.now.getTime() + minutes * 60_000);

const usualClasses = [
  ['a', 'A', '0.8000'],
  ['b', 'B', '0.9500'],
  ['c', 'C', '1.0000'],
] as const;

/** The segments that are made along with a strategic segmentation. */
function plannedSegments(values: Values): NewSegment[] {
  const whole = values.key as string;
  const isClasses = values.method === 'VALUE_CLASSES';
  const given = values.classes as { key: string; name: string; ceiling: string }[] | null | undefined;
  const classes = given ?? usualClasses.map(([suffix, name, ceiling]) => ({ key: `${whole}_${suffix}`, name, ceiling }));
  const rest = (values.defaultSegment as { key: string; name: string } | null | undefined) ?? {
    key: isClasses ? `${whole}_none` : `${whole}_other`,
    name: isClasses ? 'Without value' : 'Everyone else',
  };
  return [...(isClasses ? classes.map((one) => ({ ...one, isDefault: false })) : []), { ...rest, ceiling: null, isDefault: true }];
}

async function refuseTaken(ctx: CommandContext, planned: NewSegment[]): Promise<void> {
  const path = (i: number) => (planned[i]!.isDefault ? ['defaultSegment', 'key'] : ['classes', String(i), 'key']);
  const twice = planned.findIndex((one, i) => planned.findIndex(({ key: other }) => other === one.key) < i);
  if (twice >= 0) reject('DUPLICATE', 'Two segments have this key.', path(twice));
  const low = planned.findIndex((one, i) => !one.isDefault && !ascending(planned, i));
  if (low >= 0) reject('INVALID', 'Ceilings rise from class to class, above 0 and up to 1.', ['classes', String(low), 'ceiling']);
  const [taken] = await ctx.tx.query<{ id: string; key: string }>(sql`select id, key from segments
    where workspace_id = ${ctx.workspaceId}::uuid and key = any(${planned.map((one) => one.key)}::text[])`);
  if (!taken) return;
  const at = planned.findIndex((one) => one.key === taken.key);
  reject('DUPLICATE', 'There is such a Segment already.', path(at), { existing: { type: 'Segment', id: taken.id } });
}

function ascending(planned: NewSegment[], i: number): boolean {
  const ceiling = Number(planned[i]!.ceiling);
  return ceiling > (i === 0 ? 0 : Number(planned[i - 1]!.ceiling)) && ceiling <= 1;
}

/** Makes the segments that a new strategic segmentation begins with. */
async function complete(ctx: CommandContext, id: string, values: Values): Promise<void> {
  if (values.kind !== 'STRATEGIC') return;
  const rows = plannedSegments(values).map(({ key: segmentKey, name, ceiling, isDefault }, priority) => ({
    workspaceId: ctx.workspaceId,
    id: newId(),
    key: segmentKey,
    name,
    segmentationId: id,
    kind: 'DYNAMIC',
    priority,
    isDefault,
    ceiling,
  }));
  const made = await ctx.tx.execute(sql`${insertSql('Segment', rows)} on conflict do nothing`);
  if (made < rows.length) throw new RetryTransaction('the key of a segment was taken meanwhile');
  for (const { workspaceId: _w, id: segmentId, ...after } of rows) {
    ctx.emit({ type: 'segment.created', subjectType: 'Segment', subjectId: segmentId, customerId: null, data: { after } });
  }
  await renewUnits(ctx, [id]);
}
