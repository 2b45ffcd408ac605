// A signal as written to one as stored, and back.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { Queryable } from '../../db/database.ts';
import type { JsonValue, ModelName, OpportunityRuleRow } from '../../db/models.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import type { WrittenSignal } from './inputs.ts';
import { branchOf, type Settings } from './settings.ts';

type Stored = { [K in keyof Settings]: { signal: K; settings: Settings[K] } }[keyof Settings];

/** The columns of a signal. Refuses what it names and there is not. */
export async function resolveSignal(ctx: CommandContext, written: WrittenSignal): Promise<Stored> {
  const { segmentEntered, stageChanged, interaction, dateReached, companionMissing } = written;
  const idOf = async (model: ModelName, key: string, ...path: string[]) =>
    (await resolveKeys(ctx, model, [key])).get(key) ?? notFound(model, ['signal', ...path]);
  if (segmentEntered) {
    const segmentId = await idOf('Segment', segmentEntered.segment, 'segmentEntered', 'segment');
    return { signal: 'SEGMENT_ENTERED', settings: { segmentId } };
  }
  if (stageChanged) {
    return { signal: 'STAGE_CHANGED', settings: { stageId: await idOf('LifecycleStage', stageChanged.stage, 'stageChanged', 'stage') } };
  }
  if (interaction) {
    const kindId = await idOf('InteractionKind', interaction.kind, 'interaction', 'kind');
    const { direction, minimumValue } = interaction;
    return { signal: 'INTERACTION', settings: { kindId, direction: direction ?? null, minimumValue: minimumValue ?? null } };
  }
  if (companionMissing) {
    const { product, companion } = companionMissing;
    if (product === companion) reject('INVALID_VALUE', 'A product is no companion of itself.', ['signal', 'companionMissing', 'companion']);
    const productId = await idOf('Product', product, 'companionMissing', 'product');
    return {
      signal: 'COMPANION_MISSING',
      settings: { productId, companionId: await idOf('Product', companion, 'companionMissing', 'companion') },
    };
  }
  return { signal: 'DATE_REACHED', settings: await resolveDate(ctx, dateReached!) };
}

async function resolveDate(ctx: CommandContext, written: NonNullable<WrittenSignal['dateReached']>): Promise<Settings['DATE_REACHED']> {
  const { date, daysBefore, daysAfter, yearly } = written;
  const path = ['signal', 'dateReached'];
  if (daysBefore && daysAfter) reject('ONE_OF_INVALID', 'Days before or days after, not both.', [...path, 'daysAfter']);
  const days = { daysBefore: daysBefore ?? 0, daysAfter: daysAfter ?? 0 };
  if (date.lastPurchase) {
    if (yearly || daysBefore) reject('INVALID_VALUE', 'The last purchase is past and does not come back.', path);
    return { date: { lastPurchase: true }, ...days, yearly: false };
  }
  if (date.birthday) return { date: { birthday: true }, ...days, yearly: true };
  const [found] = await ctx.tx.query<{ type: string }>(sql`select type::text as type from attribute_definitions
    where workspace_id = ${ctx.workspaceId}::uuid and entity = 'CUSTOMER' and key = ${date.attribute!} and archived_at is null`);
  if (!found) reject('ATTRIBUTE_UNKNOWN', 'There is no such attribute of customers.', [...path, 'date', 'attribute']);
  if (found.type !== 'DATE') reject('ATTRIBUTE_TYPE', 'The attribute is no DATE.', [...path, 'date', 'attribute']);
  return { date: { attribute: date.attribute! }, ...days, yearly: yearly ?? false };
}

type WithSignal = Pick<OpportunityRuleRow, 'signal' | 'settings'>;

/** Signals in the form of the input; one statement for all. */
export async function writtenSignals(db: Queryable, workspaceId: string, rules: readonly WithSignal[]): Promise<JsonValue[]> {
  const ids = rules.flatMap(({ settings }) =>
    Object.values(settings as object).filter((value) => typeof value === 'string' && value.length === 36),
  );
  const named = await db.query<{ id: string; key: string }>(sql`
    select id, key from segments where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])
    union all select id, key from lifecycle_stages where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])
    union all select id, key from interaction_kinds where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])
    union all select id, key from products where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])`);
  const keys = new Map(named.map(({ id, key }) => [id, key]));
  return rules.map(({ signal, settings }) => {
    // `segmentId` is written `segment`.
    const parts = Object.entries(settings as object).map(([name, value]) =>
      name.endsWith('Id') ? [name.slice(0, -2), keys.get(value) ?? null] : [name, value],
    );
    return { [branchOf[signal as keyof Settings]]: Object.fromEntries(parts) } as JsonValue;
  });
}
