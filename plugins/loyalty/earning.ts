// What the log tells the programme: purchases earn, cancellations take back, what is corrected or moved is booked again by
// the difference, an erased customer is forgotten. One handler for all of them, because events of one customer come in order
// only within a handler. Those of a purchase that was moved belong to two customers, so their order is not relied on: the
// ledger is brought to what the purchase is now, whichever event says that something happened to it.
import { type PluginEvent, sql, typeId, type WriteContext } from 'trato/plugin';
import type { Config } from './config.ts';
import { openAccount } from './ledger.ts';
import { adopt, type Purchase, purchaseBefore, rateOf, readPurchase, type Share, saveShare, sharesOf, worthOf } from './purchases.ts';
import { redate, settle } from './settling.ts';

export const followed = ['interaction.recorded', 'interaction.corrected', 'customer.erased'];

export async function follow(ctx: WriteContext, config: Config, event: PluginEvent): Promise<void> {
  if (event.type === 'customer.erased') await forget(ctx, event.subjectId);
  else if (mayCount(event)) await count(ctx, config, event);
}

const deciding = ['customerId', 'kindId', 'valueAmount', 'occurredAt'];

/** Whether points may change by an event. What an erased customer did has lost its data. */
function mayCount({ type, data: { before, after } }: PluginEvent): boolean {
  if (!after) return true;
  if (type === 'interaction.recorded') return typeof after.valueAmount === 'string';
  return deciding.some((name) => name in after || name in (before ?? {}));
}

async function count(ctx: WriteContext, config: Config, event: PluginEvent): Promise<void> {
  const purchase = await readPurchase(ctx, event.subjectId);
  if (!purchase) return;
  const shares = await knownShares(ctx, config, purchase, event);
  if (!shares) return;

  const mine = shares.find(({ customerId }) => customerId === purchase.customerId);
  const pointsPerUnit = rateOf(config, purchase, mine ? [mine, ...shares] : shares);
  const { kindId, occurredAt } = purchase;
  const target = { customerId: purchase.customerId, kindId, occurredAt, pointsPerUnit, counted: worthOf(purchase, pointsPerUnit) };
  const moves = [
    ...shares.filter((share) => share !== mine && share.counted !== 0).map((share) => ({ share, to: { ...share, counted: 0 } })),
    ...((mine ? differs(mine, target) : target.counted !== 0) ? [{ share: mine ?? null, to: target }] : []),
  ];
  const gone = await goneOf(
    ctx,
    moves.map(({ to }) => to.customerId).filter((id) => id !== event.customerId),
  );
  // In the order of ids, as the expiry locks them.
  moves.sort((a, b) => (a.to.customerId < b.to.customerId ? -1 : 1));
  for (const { share, to } of moves) {
    if (gone.has(to.customerId)) continue;
    const account = await openAccount(ctx, config, to.customerId);
    const before: Share = share ?? { ...to, counted: 0, pointsShort: 0, earnedShort: 0 };
    if (before.occurredAt.getTime() !== to.occurredAt.getTime()) await redate(ctx, config, account, purchase.id, before, to.occurredAt);
    const settled = await settle(ctx, config, account, purchase.id, before, to, { isFirst: shares.length === 0, isNew: share === null });
    await saveShare(ctx, purchase.id, settled);
  }
}

type Target = Omit<Share, 'pointsShort' | 'earnedShort'>;

const differs = (share: Share, to: Target) =>
  share.counted !== to.counted || share.kindId !== to.kindId || share.occurredAt.getTime() !== to.occurredAt.getTime();

/** What the ledger has booked; null for what earned before it was looked at, and so never counts. */
async function knownShares(ctx: WriteContext, config: Config, now: Purchase, event: PluginEvent): Promise<Share[] | null> {
  const shares = await sharesOf(ctx, now.id);
  if (shares.length > 0) return shares;
  const was = await purchaseBefore(ctx, now, event);
  const adopted = await adopt(ctx, config, was);
  if (adopted.length > 0) return adopted;
  // An event of its recording comes, or came before the programme began: where it comes still, it counts what is there then.
  const earnedAlready = event.type === 'interaction.corrected' && worthOf(was, rateOf(config, was)) !== 0;
  return earnedAlready ? null : [];
}

const CUSTOMERS = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';

/** Which customers were erased: the event that has them forgotten may still come. */
async function goneOf(ctx: WriteContext, customerIds: readonly string[]): Promise<Set<string>> {
  if (customerIds.length === 0) return new Set();
  const { nodes } = await ctx.query<{ nodes: unknown[] }>(CUSTOMERS, { ids: customerIds.map((id) => typeId('Customer', id)) });
  return new Set(customerIds.filter((_, i) => nodes[i] === null));
}

async function forget(ctx: WriteContext, customerId: string): Promise<void> {
  await ctx.sql(sql`delete from accounts where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid`);
}
