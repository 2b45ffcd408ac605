// Changing the rules of the opportunity factory.
import sql from 'sql-template-tag';
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { type CrudCommands, crudCommands } from '../../commands/crud.ts';
import { bool, int, key, longText, text } from '../../commands/fields.ts';
import { allColumns, notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { OpportunityRuleRow } from '../../db/models.ts';
import { type RuleInput, resolveRule, ruleInput } from '../rules/index.ts';
import { firstStage, loadPipelines } from '../sales/index.ts';
import { assignmentColumns, assignmentFields } from '../territories/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { signalInput, valueInput, type WrittenSignal, type WrittenValue } from './inputs.ts';
import { resolveSignal } from './resolve-signal.ts';
import './rules.entity.ts';

type Values = Record<string, unknown>;

const crud = crudCommands({
  entity: 'OpportunityRule',
  noun: 'opportunityRule',
  plural: 'opportunityRules',
  unique: ['key'],
  fields: {
    key: key('Stable name, unique in the workspace.'),
    name: text('Name shown to people.'),
    description: longText('What it means.', 2000).nullish(),
    active: bool('Whether it makes any opportunities; true unless told.').optional(),
    signal: signalInput,
    condition: ruleInput('Rule that the customer must fulfil too.').nullish(),
    pipeline: key('Key of the pipeline that its opportunities go through; the default one unless told.').optional(),
    stage: key('Key of the stage in which they begin; the first open one unless told.').nullish(),
    nameTemplate: text('Name of the opportunities; {customer}, {product} and {rule} are replaced.', 200),
    value: valueInput.nullish(),
    product: key('Key of the product that they are about; the companion, where one is missing, unless told.').nullish(),
    ...assignmentFields,
    closeInDays: int('In how many days they are expected to be closed.', 0, 3650).nullish(),
    periodDays: int('For how many days it makes no second one for the same customer and reason; 90 unless told.', 1, 3650).optional(),
  },
  columns: toColumns,
});

// A rule that comes back does not catch up on the days while it was away.
const restore: Command<{ id: string }, { id: string }> = defineCommand({
  ...crud.restore,
  run: async (ctx, values) => {
    const done = await crud.restore.run(ctx, values);
    await ctx.tx.execute(sql`update opportunity_rules set next_run_on = null
      where workspace_id = ${ctx.workspaceId}::uuid and id = ${done.id}::uuid and next_run_on is not null`);
    return done;
  },
});

/** The commands of the factory's rules. */
export const opportunityRuleCommands: CrudCommands = { ...crud, restore };

async function toColumns(ctx: CommandContext, values: Values, row: Values | null): Promise<Values> {
  const current = (row as OpportunityRuleRow | null) ?? (await ruleOfKey(ctx, values.key as string));
  const { signal, condition, pipeline, stage, value, product, strategy, strategyName, user, team, ...plain } = values;
  const columns: Values = { ...plain };
  if (signal === null) reject('REQUIRED', 'This field cannot be cleared.', ['signal']);
  if (signal !== undefined) Object.assign(columns, await resolveSignal(ctx, signal as WrittenSignal));
  if (condition !== undefined)
    columns.condition = condition === null ? null : await resolveRule(ctx, condition as RuleInput, ['condition']);
  Object.assign(columns, await placeColumns(ctx, pipeline as string | null | undefined, stage as string | null | undefined, current));
  if (product !== undefined) columns.productId = await productOf(ctx, product as string | null);
  if (value !== undefined) columns.value = value;
  const who = Object.fromEntries(Object.entries({ strategy, strategyName, user, team }).filter(([, given]) => given !== undefined));
  Object.assign(columns, await assignmentColumns(ctx, who, current));
  checkValue({ ...current, ...columns });
  if (current && (columns.signal !== undefined || (columns.active === true && !current.active))) columns.nextRunOn = null;
  return columns;
}

async function ruleOfKey(ctx: CommandContext, wanted: string): Promise<OpportunityRuleRow | null> {
  const [row] = await ctx.tx.query<OpportunityRuleRow>(sql`select ${allColumns('OpportunityRule')} from opportunity_rules
    where workspace_id = ${ctx.workspaceId}::uuid and key = ${wanted}`);
  return row ?? null;
}

async function placeColumns(
  ctx: CommandContext,
  wanted: string | null | undefined,
  stageKey: string | null | undefined,
  current: OpportunityRuleRow | null,
): Promise<Values> {
  if (current && wanted === undefined && stageKey === undefined) return {};
  const pipelines = await loadPipelines(ctx);
  const pipeline = wanted != null ? pipelines.byKey.get(wanted) : current ? pipelines.byId.get(current.pipelineId) : pipelines.standard;
  if (!pipeline) return notFound('Pipeline', ['pipeline']);
  if (!firstStage(pipeline, 'OPEN')) reject('NOT_FOUND', 'The pipeline has no open stage.', ['pipeline']);
  if (stageKey == null) {
    // A stage of another pipeline does not stay.
    const stays = stageKey === undefined && pipeline.id === current?.pipelineId;
    return { pipelineId: pipeline.id, ...(!stays && { stageId: null }) };
  }
  const stage = pipeline.stages.find((one) => one.key === stageKey && !one.archived) ?? notFound('PipelineStage', ['stage']);
  if (stage.outcome !== 'OPEN') reject('INVALID_VALUE', 'An opportunity begins in an open stage.', ['stage']);
  return { pipelineId: pipeline.id, stageId: stage.id };
}

async function productOf(ctx: CommandContext, wanted: string | null): Promise<string | null> {
  if (wanted === null) return null;
  return (await resolveKeys(ctx, 'Product', [wanted])).get(wanted) ?? notFound('Product', ['product']);
}

function checkValue(after: Values): void {
  const value = after.value as WrittenValue | null | undefined;
  if (value?.productPrice && !after.productId && after.signal !== 'COMPANION_MISSING') {
    reject('REQUIRED', 'The price of a product needs a product.', ['product']);
  }
  if (value?.interactionValue && after.signal !== 'INTERACTION') {
    reject('INVALID_VALUE', 'Only an interaction has a value of its own.', ['value']);
  }
}

/** Has the rule look at dates from this day on. */
export async function setNextRun(ctx: CommandContext, id: string, day: string): Promise<void> {
  await ctx.tx.execute(
    sql`update opportunity_rules set next_run_on = ${day}::date where workspace_id = ${ctx.workspaceId}::uuid and id = ${id}::uuid`,
  );
}
