// Making and changing segments.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type CrudCommands, crudCommands } from '../../commands/crud.ts';
import { decimal, int, key, longText, oneOf, text } from '../../commands/fields.ts';
import { notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { SegmentKindValues } from '../../db/models.ts';
import { type RuleInput, resolveRule, ruleInput } from '../rules/index.ts';
import { closeStays } from './close-stays.ts';
import { lockSegments, refuseArchivedAsked, refuseCycle, refuseInUse } from './dependence.ts';
import { renewSegment } from './renew.ts';
import './segments.entity.ts';

type Values = Record<string, unknown>;

const crud = crudCommands({
  entity: 'Segment',
  noun: 'segment',
  plural: 'segments',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    description: longText('What it means.', 2000).nullish(),
    segmentation: key('Key of the segmentation it is a part of; fixed once it is made.'),
    kind: oneOf(
      'SegmentKind',
      SegmentKindValues,
      'A list or a rule; fixed once it is made. DYNAMIC where a rule is given, else STATIC. Strategic segmentations have no lists.',
    ).optional(),
    rule: ruleInput('Who belongs to it.').nullish(),
    priority: int('Place among the segments of its segmentation, from 0; after all others unless told.', 0, 1_000_000).optional(),
    ceiling: decimal('Value classes: up to which part of the whole value it reaches, above 0 and up to 1.').nullish(),
  },
  columns: toColumns,
});

const deciding = ['rule', 'priority', 'ceiling'];

export const segmentCommands: CrudCommands = {
  create: {
    ...crud.create,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const result = await crud.create.run(ctx, values);
      await renewSegment(ctx, result.id);
      return result;
    },
  },
  update: {
    ...crud.update,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const result = await crud.update.run(ctx, values);
      if (deciding.some((name) => values[name] !== undefined)) await renewSegment(ctx, result.id);
      return result;
    },
  },
  archive: {
    ...crud.archive,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const row = await contextOf(ctx, values.id);
      if (row?.isDefault) reject('SEGMENT_IS_DEFAULT', 'The default segment goes only with its segmentation.', ['id']);
      await refuseInUse(ctx, [values.id]);
      const result = await crud.archive.run(ctx, values);
      await renewSegment(ctx, values.id);
      if (!row?.strategic) await closeStays(ctx, { segment: values.id });
      return result;
    },
  },
  restore: {
    ...crud.restore,
    run: async (ctx, values) => {
      await lockSegments(ctx);
      const result = await crud.restore.run(ctx, values);
      await refuseArchivedAsked(ctx, [values.id]);
      await renewSegment(ctx, values.id);
      return result;
    },
  },
  upsert: {
    ...crud.upsert,
    run: async (ctx, bulk) => {
      await lockSegments(ctx);
      const outcome = await crud.upsert.run(ctx, bulk);
      for (const { id, status } of outcome.results) if (id && (status === 'CREATED' || status === 'UPDATED')) await renewSegment(ctx, id);
      return outcome;
    },
  },
};

type Known = { id: string; kind: string; isDefault: boolean; segmentationId: string; strategic: boolean };

async function contextOf(ctx: CommandContext, id: string): Promise<Known | null> {
  return known(ctx, sql`s.id = ${id}::uuid`);
}

async function known(ctx: CommandContext, which: ReturnType<typeof sql>): Promise<Known | null> {
  const [row] = await ctx.tx.query<Known>(sql`select s.id, s.kind, s.is_default as "isDefault", s.segmentation_id as "segmentationId",
      g.kind = 'STRATEGIC' as strategic
    from segments s join segmentations g on g.workspace_id = s.workspace_id and g.id = s.segmentation_id
    where s.workspace_id = ${ctx.workspaceId}::uuid and ${which}`);
  return row ?? null;
}

type Whole = { id: string; kind: string; method: string };

async function toColumns(ctx: CommandContext, { segmentation, rule, ...plain }: Values, row: Values | null): Promise<Values> {
  const before = row ? await contextOf(ctx, row.id as string) : await known(ctx, sql`s.key = ${plain.key as string}`);
  if (segmentation === null) reject('REQUIRED', 'This field cannot be cleared.', ['segmentation']);
  const whole = await wholeOf(ctx, segmentation as string | undefined, before);
  const strategic = whole.kind === 'STRATEGIC';
  const kind = (plain.kind ?? before?.kind ?? (rule || strategic ? 'DYNAMIC' : 'STATIC')) as string;
  if (before && kind !== before.kind) reject('FIXED_AFTER_CREATION', 'This is fixed once the segment is made.', ['kind']);
  if (kind === 'STATIC' && strategic) reject('SEGMENT_STATIC_STRATEGIC', 'A strategic segmentation has no lists.', ['kind']);
  const columns: Values = { ...plain, kind, segmentationId: whole.id };
  const ruled = kind === 'DYNAMIC' && whole.method === 'RULES' && !before?.isDefault;
  if (rule != null && !ruled) reject('SEGMENT_RULE_UNEXPECTED', 'Lists, default segments and value classes have no rule.', ['rule']);
  if (ruled && (rule === null || (rule === undefined && !before))) reject('REQUIRED', 'This segment needs a rule.', ['rule']);
  if (rule != null) {
    columns.rule = await resolveRule(ctx, rule as RuleInput, ['rule']);
    const planned = { id: before?.id ?? null, key: (plain.key ?? before?.id) as string, segmentationId: whole.id, strategic };
    await refuseCycle(ctx, { ...planned, rule: columns.rule as never }, ['rule']);
  }
  checkCeiling(plain, whole, before);
  if (columns.priority == null && !before) columns.priority = await nextPriority(ctx, whole.id);
  else if (columns.priority == null) delete columns.priority;
  return columns;
}

async function wholeOf(ctx: CommandContext, wanted: string | undefined, before: Known | null): Promise<Whole> {
  const which = wanted === undefined ? sql`id = ${before!.segmentationId}::uuid` : sql`key = ${wanted}`;
  const [whole] = await ctx.tx.query<Whole>(sql`select id, kind::text as kind, method::text as method from segmentations
    where workspace_id = ${ctx.workspaceId}::uuid and ${which}${wanted === undefined ? sql`` : sql` and archived_at is null`}`);
  if (!whole) return notFound('Segmentation', ['segmentation']);
  if (before && whole.id !== before.segmentationId) {
    reject('FIXED_AFTER_CREATION', 'This is fixed once the segment is made.', ['segmentation']);
  }
  return whole;
}

function checkCeiling({ ceiling }: Values, whole: Whole, before: Known | null): void {
  const classes = whole.method === 'VALUE_CLASSES' && !before?.isDefault;
  if (ceiling != null && !classes) reject('INVALID', 'Only value classes have a ceiling.', ['ceiling']);
  if (classes && (ceiling === null || (ceiling === undefined && !before)))
    reject('REQUIRED', 'A value class needs a ceiling.', ['ceiling']);
  if (ceiling != null && !(Number(ceiling) > 0 && Number(ceiling) <= 1))
    reject('INVALID', 'A ceiling is above 0 and up to 1.', ['ceiling']);
}

async function nextPriority(ctx: CommandContext, segmentationId: string): Promise<number> {
  const [row] = await ctx.tx.query<{ next: number }>(sql`select coalesce(max(priority) + 1, 0)::int as next from segments
    where workspace_id = ${ctx.workspaceId}::uuid and segmentation_id = ${segmentationId}::uuid`);
  return row!.next;
}
