// What is read of accounts, for many customers at once. Points that have expired but are not taken yet do not count.
import { type ReadContext, sql } from 'trato/plugin';

export type AccountFigures = { customerId: string; points: number; earnedTotal: number };

export type Entry = {
  kind: 'EARNED' | 'SPENT' | 'ADJUSTED' | 'EXPIRED';
  points: number;
  remaining: number;
  reason: string | null;
  expiresAt: Date | null;
  createdAt: Date;
};

/** The accounts of those who have one, by customer. */
export async function accountsOf(ctx: ReadContext, customerIds: readonly string[]): Promise<Map<string, AccountFigures>> {
  const rows = await ctx.sql<AccountFigures>(sql`
    select a.customer_id as "customerId", a.earned_total as "earnedTotal", a.balance - coalesce((
      select sum(e.remaining) from entries e
      where e.workspace_id = a.workspace_id and e.customer_id = a.customer_id and e.remaining > 0 and e.expires_at <= ${ctx.now})::int, 0) as points
    from accounts a where a.workspace_id = ${ctx.workspaceId}::uuid and a.customer_id = any(${customerIds}::uuid[])`);
  return new Map(rows.map((row) => [row.customerId, row]));
}

/** The latest entries of each. */
export async function entriesOf(ctx: ReadContext, customerIds: readonly string[], first: number): Promise<Map<string, Entry[]>> {
  const rows = await ctx.sql<Entry & { customerId: string }>(sql`
    select e.customer_id as "customerId", e.kind, e.points, e.remaining, e.reason, e.expires_at as "expiresAt", e.created_at as "createdAt"
    from unnest(${customerIds}::uuid[]) with ordinality c (id, place) cross join lateral (
      select * from entries where workspace_id = ${ctx.workspaceId}::uuid and customer_id = c.id order by position desc limit ${first}) e
    order by c.place, e.position desc`);
  return Map.groupBy(rows, ({ customerId }) => customerId);
}

/** Gives `figure` of each account. */
export function mapValues<T>(accounts: Map<string, AccountFigures>, figure: (account: AccountFigures) => T): Map<string, T> {
  return new Map([...accounts].map(([id, account]) => [id, figure(account)]));
}
