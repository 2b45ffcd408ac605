// From inputs to drafts: every reference of all rows in one statement each.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { OpportunityRow } from '../../db/models.ts';
import { resolveTeamRefs, resolveUserRefs } from '../access/index.ts';
import { resolveCustomerRefs } from '../customers/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { type Reason, rememberReasons } from './closing.ts';
import type { Draft, PlainColumns } from './draft.ts';
import type { OpportunityInput } from './opportunity-fields.ts';
import { loadPipelines, type Pipelines, stageNamed } from './stages.ts';

export type Written = { index: number; value: OpportunityInput; row: OpportunityRow | null };
type Reject = (index: number, ...errors: UserError[]) => void;

/** Resolves what the rows name and locks their customers; rows that name what is not there are rejected. */
export async function prepareDrafts(ctx: CommandContext, rows: readonly Written[], reject: Reject): Promise<Draft[]> {
  const values = rows.map(({ value }) => value);
  const pipelines = await loadPipelines(ctx);
  const owners = await resolveUserRefs(
    ctx,
    values.map((one) => one.owner),
  );
  const teams = await resolveTeamRefs(
    ctx,
    values.map((one) => one.team),
  );
  const products = await resolveKeys(
    ctx,
    'Product',
    values.flatMap((one) => (one.lines ?? []).map((line) => line.product)),
  );
  const lists = await resolveKeys(
    ctx,
    'PriceList',
    values.map((one) => one.priceList),
  );
  const rivals = await resolveKeys(
    ctx,
    'Competitor',
    values.map((one) => one.lostTo),
  );
  const reasons = await reasonsNamed(
    ctx,
    values.flatMap((one) => one.closeReason ?? []),
  );
  const customers = await customersOf(ctx, values);
  return rows.flatMap(({ index, value, row }, i) => {
    const errors: UserError[] = [];
    const found = <T>(given: unknown, result: T | null | undefined, field: string, what: string): T | null => {
      if (given != null && result == null) errors.push(userError('NOT_FOUND', `There is no such ${what}.`, [field]));
      return result ?? null;
    };
    const customer = customers.get(i);
    if (customer && 'error' in customer) errors.push({ ...customer.error, path: ['customer', ...customer.error.path] });
    const columns = plainColumns(value);
    if (value.customer !== undefined) columns.customerId = customer && 'id' in customer ? customer.id : null;
    if (value.owner !== undefined) columns.ownerId = found(value.owner, owners[i], 'owner', 'User');
    if (value.team !== undefined) columns.teamId = found(value.team, teams[i], 'team', 'Team');
    if (value.lostTo !== undefined) columns.lostToId = found(value.lostTo, rivals.get(value.lostTo ?? ''), 'lostTo', 'Competitor');
    if (value.closeReason !== undefined)
      columns.closeReasonId = found(value.closeReason, reasons.get(value.closeReason ?? '')?.id, 'closeReason', 'CloseReason');
    const draft: Draft = { index, row, columns, openedAt: value.openedAt ?? null, closedAt: value.closedAt ?? null };
    Object.assign(draft, placeOf(pipelines, value, row, errors));
    draft.priceListId = found(value.priceList, lists.get(value.priceList ?? ''), 'priceList', 'PriceList');
    draft.lines =
      value.lines?.map(({ product, ...line }, place) => {
        const productId = products.get(product);
        if (!productId) errors.push(userError('NOT_FOUND', `There is no product ${product}.`, ['lines', place, 'product']));
        return { ...line, productId: productId ?? '' };
      }) ?? null;
    if (errors.length === 0) return [draft];
    reject(index, ...errors);
    return [];
  });
}

async function customersOf(ctx: CommandContext, values: readonly OpportunityInput[]) {
  const named = values.flatMap((one, i) => (one.customer ? [{ i, ref: one.customer }] : []));
  const found = await resolveCustomerRefs(
    ctx,
    named.map(({ ref }) => ref),
    { create: false },
  );
  return new Map(named.map(({ i }, at) => [i, found[at]!]));
}

async function reasonsNamed(ctx: CommandContext, keys: readonly string[]): Promise<Map<string, Reason>> {
  if (keys.length === 0) return new Map();
  const rows = await ctx.tx.query<Reason & { key: string }>(sql`select id, key, outcome from close_reasons
    where workspace_id = ${ctx.workspaceId}::uuid and key = any(${[...new Set(keys)]}::text[]) and archived_at is null`);
  rememberReasons(ctx, rows);
  return new Map(rows.map((row) => [row.key, row]));
}

const plainNames = ['probability', 'forecastCategory', 'expectedCloseOn', 'closeNote', 'source'] as const;

function plainColumns(value: OpportunityInput): PlainColumns {
  const columns: PlainColumns = {};
  if (value.name != null) columns.name = value.name;
  for (const name of plainNames) if (value[name] !== undefined) Object.assign(columns, { [name]: value[name] });
  if (value.tags !== undefined) columns.tags = value.tags ?? [];
  if (value.value !== undefined) {
    Object.assign(columns, { valueAmount: value.value?.amount ?? null, valueCurrency: value.value?.currency ?? null });
  }
  if (value.externalRef !== undefined) {
    Object.assign(columns, { externalSystem: value.externalRef?.system ?? null, externalId: value.externalRef?.value ?? null });
  }
  return columns;
}

/** The ids of the pipeline and stage that a row names by keys. */
export function placeOf(
  pipelines: Pipelines,
  named: { pipeline?: string | null; stage?: string | null },
  row: OpportunityRow | null,
  errors: UserError[],
): { pipelineId: string | null; stageId: string | null } {
  const present = row ? pipelines.byId.get(row.pipelineId) : pipelines.standard;
  const pipeline = named.pipeline ? pipelines.byKey.get(named.pipeline) : present;
  const stage = named.stage && pipeline ? stageNamed(pipeline, named.stage) : null;
  if (!pipeline) errors.push(userError('NOT_FOUND', `There is no pipeline${named.pipeline ? ` ${named.pipeline}` : ''}.`, ['pipeline']));
  else if (named.stage && !stage)
    errors.push(userError('NOT_FOUND', `The pipeline ${pipeline.key} has no stage ${named.stage}.`, ['stage']));
  return { pipelineId: named.pipeline && pipeline ? pipeline.id : null, stageId: stage?.id ?? null };
}
