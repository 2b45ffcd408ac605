// Opportunities made and won by other modules: leads, quotes and the rules of the factory.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { reject } from '../../commands/user-errors.ts';
import type { Draft, LineInput } from './draft.ts';
import { lockOpportunity } from './ownership.ts';
import { saveOpportunity } from './save.ts';
import { firstStage, loadPipelines } from './stages.ts';

export type MoneyInput = { amount: string; currency: string };

/** A new opportunity; all ids are UUIDs. Amounts have four places, as `decimal` gives them. */
export type NewOpportunity = {
  customerId: string | null;
  name: string;
  /** The default pipeline unless told, and its first open stage. */
  pipelineId?: string | null;
  stageId?: string | null;
  ownerId?: string | null;
  teamId?: string | null;
  value?: MoneyInput | null;
  lines?: LineInput[];
  priceListId?: string | null;
  expectedCloseOn?: string | null;
  source?: string | null;
  leadId?: string | null;
  ruleId?: string | null;
  openedAt?: Date | null;
};

const money = (value: MoneyInput | null | undefined) => (value ? { valueAmount: exact(value.amount), valueCurrency: value.currency } : {});

/** `500` -> `500.0000`: equal amounts are equal texts. */
function exact(amount: string): string {
  const [whole, fraction = ''] = amount.split('.');
  return `${whole}.${fraction.padEnd(4, '0')}`;
}

/** Makes an opportunity with its history and events. The caller holds the customer's lock; throws UserErrors. */
export function createOpportunity(ctx: CommandContext, given: NewOpportunity): Promise<{ id: string }> {
  const { customerId, name, ownerId, teamId, expectedCloseOn, source, leadId, ruleId } = given;
  const columns: Draft['columns'] = { name, customerId, ...money(given.value), expectedCloseOn: expectedCloseOn ?? null };
  Object.assign(columns, {
    source: source ?? null,
    leadId: leadId ?? null,
    ruleId: ruleId ?? null,
    ownerId: ownerId ?? undefined,
    teamId: teamId ?? undefined,
  });
  const { pipelineId = null, stageId = null, lines, priceListId = null, openedAt = null } = given;
  return saveOpportunity(ctx, { row: null, columns, pipelineId, stageId, lines: lines?.length ? lines : null, priceListId, openedAt });
}

export type Winning = {
  at?: Date | null;
  value?: MoneyInput | null;
  lines?: LineInput[];
  priceListId?: string | null;
  reason?: string | null;
};

/** Moves an opportunity to the first won stage of its pipeline; changes nothing where it is won already. */
export async function winOpportunity(ctx: CommandContext, id: string, winning: Winning = {}): Promise<{ id: string }> {
  const row = await lockOpportunity(ctx, id);
  const pipelines = await loadPipelines(ctx);
  const won = row.status === 'WON' ? pipelines.stage.get(row.stageId) : firstStage(pipelines.byId.get(row.pipelineId)!, 'WON');
  if (!won) return reject('NOT_FOUND', 'The pipeline has no stage of won opportunities.', ['stage']);
  const { at = null, value, lines, priceListId = null, reason = null } = winning;
  return saveOpportunity(ctx, {
    ...{ row, columns: money(value), stageId: won.id, reason, priceListId },
    movedAt: row.status === 'WON' ? null : at,
    lines: lines ?? (value && (await hasLines(ctx, id)) ? [] : null),
  });
}

// A value that is agreed without lines takes the place of those there are.
async function hasLines(ctx: CommandContext, id: string): Promise<boolean> {
  const [row] = await ctx.tx.query<{ found: boolean }>(sql`select exists (select from opportunity_lines
    where workspace_id = ${ctx.workspaceId}::uuid and opportunity_id = ${id}::uuid) as found`);
  return row!.found;
}
