// Brings what a purchase counts for from one figure to another. A balance is never below 0: what cannot be taken back is
// noted with the purchase, and is the first that a later correction upwards gives back.
import { sql, type WriteContext } from 'trato/plugin';
import type { Config } from './config.ts';
import { type Account, expirePoints, MOST_POINTS, post } from './ledger.ts';
import { firstOwed, type Share, saveShare } from './purchases.ts';

type How = {
  /** Nothing was booked for the interaction. */
  isFirst: boolean;
  /** Nothing was booked for it with this customer. */
  isNew: boolean;
};

/** Books the difference; answers how the purchase stands then. */
export async function settle(
  ctx: WriteContext,
  config: Config,
  account: Account,
  purchase: string,
  from: Share,
  to: Omit<Share, 'pointsShort' | 'earnedShort'>,
  { isFirst, isNew }: How,
): Promise<Share> {
  const difference = to.counted - from.counted;
  const source = isFirst ? purchase : null;
  const kind = isNew && difference > 0 ? 'EARNED' : 'ADJUSTED';
  if (difference > 0) {
    const points = Math.min(Math.max(0, difference - from.pointsShort), MOST_POINTS - account.balance);
    const earned = Math.max(0, difference - from.earnedShort);
    await post(ctx, config, account, { kind, points, earned, purchase, source, at: to.occurredAt });
    if (to.counted > 0) await payOwed(ctx, config, account, { purchase, points, earned, at: to.occurredAt });
    const short = (before: number) => Math.max(0, before - difference);
    return { ...to, pointsShort: short(from.pointsShort), earnedShort: short(from.earnedShort) };
  }
  if (difference === 0) return { ...from, ...to };

  const wanted = -difference;
  const own = await ownPoints(ctx, account.customerId, purchase);
  const left = Math.min(wanted, own.remaining);
  // What expired is gone already. It would not have been there to expire, so nothing else goes in its place.
  const lost = Math.min(wanted - left, own.expired);
  if (lost > 0) await forgetExpired(ctx, account.customerId, purchase, lost);
  const taken = left + Math.min(wanted - left - lost, account.balance - left);
  const earned = Math.min(wanted, account.earnedTotal);
  await post(ctx, config, account, { kind, points: -taken, earned: -earned, purchase, source, firstFrom: purchase });
  const short = (before: number, more: number) => Math.min(MOST_POINTS, before + more);
  return { ...to, pointsShort: short(from.pointsShort, wanted - lost - taken), earnedShort: short(from.earnedShort, wanted - earned) };
}

/** What a cancellation could not take, because its purchase was recorded after it: taken from what that has just brought. */
async function payOwed(
  ctx: WriteContext,
  config: Config,
  account: Account,
  brought: { purchase: string; points: number; earned: number; at: Date },
): Promise<void> {
  let { points, earned } = brought;
  while (points > 0 || earned > 0) {
    const owed = await firstOwed(ctx, account.customerId, { ...brought, points, earned });
    if (!owed) return;
    const { id, ...share } = owed;
    const pays = { points: Math.min(points, share.pointsShort), earned: Math.min(earned, share.earnedShort) };
    await post(ctx, config, account, {
      kind: 'ADJUSTED',
      points: -pays.points,
      earned: -pays.earned,
      purchase: id,
      firstFrom: brought.purchase,
    });
    await saveShare(ctx, id, {
      ...share,
      pointsShort: share.pointsShort - pays.points,
      earnedShort: share.earnedShort - pays.earned,
    });
    points -= pays.points;
    earned -= pays.earned;
  }
}

/** Lets the points of a purchase expire as if it had always happened when it is said to have now. */
export async function redate(ctx: WriteContext, config: Config, account: Account, purchase: string, from: Share, to: Date): Promise<void> {
  await ctx.sql(sql`update entries set expires_at = expires_at + ${to.getTime() - from.occurredAt.getTime()}::float8 * interval '1 millisecond'
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${account.customerId}::uuid and purchase = ${purchase}::uuid and points > 0`);
  const [expired] = await expirePoints(ctx, [account.customerId]);
  Object.assign(account, expired);
  const [back] = await ctx.sql<{ points: number }>(sql`
    with old as (
      select position, expired from entries where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${account.customerId}::uuid
        and purchase = ${purchase}::uuid and expired > 0 and expires_at > ${ctx.now}
    ), alive as (
      update entries e set expired = 0 from old
      where e.workspace_id = ${ctx.workspaceId}::uuid and e.customer_id = ${account.customerId}::uuid and e.position = old.position
    )
    select coalesce(sum(expired), 0)::int as points from old`);
  const points = Math.min(back!.points, MOST_POINTS - account.balance);
  if (points > 0) await post(ctx, config, account, { kind: 'ADJUSTED', points, earned: 0, purchase, at: to });
}

/** What is left of the points that a purchase brought, and how many expired. */
async function ownPoints(ctx: WriteContext, customerId: string, purchase: string): Promise<{ remaining: number; expired: number }> {
  const [own] = await ctx.sql<{ remaining: number; expired: number }>(sql`
    select coalesce(sum(remaining), 0)::int as remaining, coalesce(sum(expired), 0)::int as expired from entries
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid and purchase = ${purchase}::uuid and points > 0`);
  return own!;
}

async function forgetExpired(ctx: WriteContext, customerId: string, purchase: string, points: number): Promise<void> {
  await ctx.sql(sql`
    with queue as (
      select position, expired, sum(expired) over (order by position) - expired as ahead from entries
      where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid and purchase = ${purchase}::uuid and expired > 0
    )
    update entries e set expired = q.expired - least(q.expired, ${points}::int - q.ahead) from queue q
    where e.workspace_id = ${ctx.workspaceId}::uuid and e.customer_id = ${customerId}::uuid and e.position = q.position and q.ahead < ${points}::int`);
}
