// Amounts in the currency of the workspace: each by the rate of its currency that holds on its day.
import sql, { type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import type { Queryable, Transaction } from '../../db/database.ts';
import { shareLock, takeLock } from '../../db/locks.ts';
import type { OpportunityRow } from '../../db/models.ts';
import { changeAllUnits } from '../rules/index.ts';
import { whenCurrencyChanges } from '../workspace/index.ts';

/** The amount in the currency of the workspace on that day, as SQL; null where no rate holds. */
export function baseAmountSql(workspaceId: Sql | string, amount: Sql, currency: Sql, day: Sql): Sql {
  const workspace = typeof workspaceId === 'string' ? sql`${workspaceId}::uuid` : workspaceId;
  return sql`case when ${currency} = (select bw.currency from workspaces bw where bw.id = ${workspace}) then ${amount}
    else round(${amount} * (select br.rate from exchange_rates br where br.workspace_id = ${workspace} and br.currency = ${currency}
      and br.valid_from <= ${day} order by br.valid_from desc limit 1), 4) end`;
}

// What no column holds is no amount: an absurd rate must not stop those who sell.
const bounded = (base: Sql): Sql => sql`case when abs(${base}) < 1e15 then ${base}::numeric(19,4) end`;

export type DatedAmount = { amount: string; currency: string; day: string };

/** Amounts in the currency of the workspace, in the same order; null where no rate holds on the day. One statement. */
export async function toBase(db: Queryable, workspaceId: string, rows: readonly DatedAmount[]): Promise<(string | null)[]> {
  if (rows.length === 0) return [];
  const found = await db.query<{ base: string | null }>(sql`
    select ${bounded(sql`b.base`)} as base
    from (select (${baseAmountSql(workspaceId, sql`r.amount`, sql`r.currency`, sql`r.day`)}) as base, r.place from unnest(${rows.map((row) => row.amount)}::numeric[], ${rows.map((row) => row.currency)}::text[], ${rows.map((row) => row.day)}::date[])
      with ordinality as r(amount, currency, day, place)) b order by b.place`);
  return found.map((row) => row.base);
}

/** The day (in UTC) whose rate holds for an opportunity: that of its end, of its expected end, or of its begin. */
const dayOfOpportunity = sql`coalesce((o.closed_at at time zone 'UTC')::date, o.expected_close_on, (o.opened_at at time zone 'UTC')::date)`;

type Valued = Pick<OpportunityRow, 'valueAmount' | 'valueCurrency' | 'closedAt' | 'expectedCloseOn' | 'openedAt' | 'baseAmount'>;

const dayOf = (row: Valued): string => {
  const moment = (at: Date) => at.toISOString().slice(0, 10);
  return row.closedAt ? moment(row.closedAt) : (row.expectedCloseOn ?? moment(row.openedAt));
};

/** Sets `baseAmount` of opportunities that are about to be written. Rates do not change before that is done. */
export async function fillBaseAmounts(ctx: CommandContext, rows: readonly Valued[]): Promise<void> {
  if (rows.length === 0) return;
  await keepRates(ctx);
  const valued = rows.filter((row) => row.valueAmount !== null);
  const amounts = valued.map((row) => ({ amount: row.valueAmount!, currency: row.valueCurrency!, day: dayOf(row) }));
  const found = await toBase(ctx.tx, ctx.workspaceId, amounts);
  for (const row of rows) row.baseAmount = null;
  for (const [i, row] of valued.entries()) row.baseAmount = found[i]!;
}

const lockName = (ctx: CommandContext) => `exchange rates ${ctx.workspaceId}`;

const kept = new WeakSet<Transaction>();

/** Has those who change rates wait for this transaction. Before any opportunity is locked, or the two wait for each other. */
export async function keepRates(ctx: CommandContext): Promise<void> {
  if (kept.has(ctx.tx)) return;
  kept.add(ctx.tx);
  await shareLock(ctx.tx, lockName(ctx));
}

/** Has writers of opportunities wait until the rates that this command changes are there. */
export async function lockRates(ctx: CommandContext): Promise<void> {
  await takeLock(ctx.tx, lockName(ctx));
}

/** Works out `base_amount` anew of all opportunities in these currencies, or in any, and what rules say of them; answers how many changed. */
export async function recomputeBaseAmounts(ctx: CommandContext, currencies: readonly string[] | null): Promise<number> {
  const which = currencies ? sql`o.value_currency = any(${[...currencies]}::text[])` : sql`true`;
  const base = baseAmountSql(ctx.workspaceId, sql`o.value_amount`, sql`o.value_currency`, dayOfOpportunity);
  const changed = await ctx.tx.execute(sql`update opportunities t set base_amount = n.base
    from (select b.id, ${bounded(sql`b.base`)} as base from (select o.id, (${base}) as base from opportunities o
      where o.workspace_id = ${ctx.workspaceId}::uuid and ${which}) b) n
    where t.workspace_id = ${ctx.workspaceId}::uuid and t.id = n.id and t.base_amount is distinct from n.base`);
  if (changed > 0) await changeAllUnits(ctx.tx, ctx.workspaceId);
  return changed;
}

whenCurrencyChanges(async (ctx) => {
  await lockRates(ctx);
  await recomputeBaseAmounts(ctx, null);
});
