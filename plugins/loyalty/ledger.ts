// The only code that writes points. Whoever changes an account opens it first, and so holds its lock: two at once take turns.
import { sql, type WriteContext } from 'trato/plugin';
import { type Config, tierOf } from './config.ts';

export type Account = { customerId: string; balance: number; earnedTotal: number; tier: string; entries: number };

export type Posting = {
  kind: 'EARNED' | 'SPENT' | 'ADJUSTED';
  /** By how much the balance moves. */
  points: number;
  /** By how much the total moves that decides the tier. */
  earned: number;
  reason?: string | null;
  /** The interaction that it comes from. */
  purchase?: string;
  /** The same in the first entry of an interaction: there is one. */
  source?: string | null;
  /** Points are taken first from those that this interaction brought. */
  firstFrom?: string;
  /** When the points were earned; now unless told. */
  at?: Date;
};

/** Most points that an account holds: they are whole numbers of 32 bits. */
export const MOST_POINTS = 2_000_000_000;

const DAY_MS = 86_400_000;

const events = { EARNED: 'points_earned', SPENT: 'points_spent', ADJUSTED: 'points_adjusted' } as const;

/** A customer's account, locked, made where there is none, and without what has expired. */
export async function openAccount(ctx: WriteContext, config: Config, customerId: string): Promise<Account> {
  // An update that changes nothing: it locks the row and answers it.
  const [account] = await ctx.sql<Account>(sql`
    insert into accounts (workspace_id, customer_id, tier, member_since)
    values (${ctx.workspaceId}::uuid, ${customerId}::uuid, ${config.tiers[0]!.key}, ${ctx.now})
    on conflict (workspace_id, customer_id) do update set tier = accounts.tier
    returning customer_id as "customerId", balance, earned_total as "earnedTotal", tier, entries`);
  const [expired] = await expirePoints(ctx, [customerId]);
  return { ...account!, ...expired };
}

/** Writes a posting to an open account; false where its source has been posted before. The caller has checked the balance. */
export async function post(ctx: WriteContext, config: Config, account: Account, posting: Posting): Promise<boolean> {
  const { kind, points, earned, reason = null, purchase = null, source = null, at = ctx.now } = posting;
  const expiresAt = points > 0 ? new Date(at.getTime() + config.expireAfterDays * DAY_MS) : null;
  const written = await ctx.sql(sql`
    insert into entries (workspace_id, customer_id, position, kind, points, remaining, reason, purchase, source, expires_at, created_at)
    values (${ctx.workspaceId}::uuid, ${account.customerId}::uuid, ${account.entries + 1}, ${kind}, ${points}, ${Math.max(0, points)}, ${reason}, ${purchase}::uuid,
      ${source}::uuid, ${expiresAt}, ${ctx.now})
    on conflict (workspace_id, source) do nothing returning position`);
  if (written.length === 0) return false;
  if (points < 0) await takeOldest(ctx, account.customerId, -points, posting.firstFrom ?? null);

  const balance = account.balance + points;
  const earnedTotal = Math.min(MOST_POINTS, Math.max(0, account.earnedTotal + earned));
  const tier = tierOf(config, earnedTotal).key;
  await ctx.sql(sql`update accounts set balance = ${balance}, earned_total = ${earnedTotal}, tier = ${tier}, entries = entries + 1
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${account.customerId}::uuid`);
  if (points !== 0) tell(ctx, account.customerId, events[kind], { points: account.balance }, { points: balance });
  if (tier !== account.tier) tell(ctx, account.customerId, 'tier_changed', { tier: account.tier }, { tier });
  Object.assign(account, { balance, earnedTotal, tier, entries: account.entries + 1 });
  return true;
}

/** Takes points from the entries that would expire first, before them from those of a purchase. */
async function takeOldest(ctx: WriteContext, customerId: string, points: number, firstFrom: string | null): Promise<void> {
  await ctx.sql(sql`
    with queue as (
      select position, remaining,
        sum(remaining) over (order by coalesce(purchase = ${firstFrom}::uuid, false) desc, expires_at, position) - remaining as ahead
      from entries
      where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid and remaining > 0
    )
    update entries e set remaining = q.remaining - least(q.remaining, ${points}::int - q.ahead) from queue q
    where e.workspace_id = ${ctx.workspaceId}::uuid and e.customer_id = ${customerId}::uuid and e.position = q.position and q.ahead < ${points}::int`);
}

/** Takes what has expired from accounts that the caller has locked; answers how those stand that lost something. */
export async function expirePoints(
  ctx: WriteContext,
  customerIds: readonly string[],
): Promise<Pick<Account, 'customerId' | 'balance' | 'entries'>[]> {
  const expired = await ctx.sql<Pick<Account, 'customerId' | 'balance' | 'entries'> & { points: number }>(sql`
    with due as (
      select customer_id, position, remaining from entries
      where workspace_id = ${ctx.workspaceId}::uuid and customer_id = any(${customerIds}::uuid[]) and remaining > 0 and expires_at <= ${ctx.now}
    ), emptied as (
      update entries e set remaining = 0, expired = e.expired + due.remaining from due
      where e.workspace_id = ${ctx.workspaceId}::uuid and e.customer_id = due.customer_id and e.position = due.position
    ), lost as (
      select customer_id, sum(remaining)::int as points from due group by customer_id
    ), changed as (
      update accounts a set balance = a.balance - l.points, entries = a.entries + 1 from lost l
      where a.workspace_id = ${ctx.workspaceId}::uuid and a.customer_id = l.customer_id
      returning a.customer_id, a.balance, a.entries, l.points
    ), written as (
      insert into entries (workspace_id, customer_id, position, kind, points, created_at)
      select ${ctx.workspaceId}::uuid, customer_id, entries, 'EXPIRED', -points, ${ctx.now} from changed
    )
    select customer_id as "customerId", balance, entries, points from changed order by customer_id`);
  for (const { customerId, balance, points } of expired) {
    tell(ctx, customerId, 'points_expired', { points: balance + points }, { points: balance });
  }
  return expired.map(({ points: _points, ...account }) => account);
}

function tell(ctx: WriteContext, customerId: string, type: string, before: object, after: object): void {
  ctx.emit({ type, subject: { type: 'Customer', id: customerId }, customerId, before: { ...before }, after: { ...after } });
}
