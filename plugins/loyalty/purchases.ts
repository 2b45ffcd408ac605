// What the ledger knows of an interaction: for whom it counts how much. One row for each customer for whom it ever counted.
import { type PluginEvent, sql, typeId, uuidOf, type WriteContext } from 'trato/plugin';
import { type Config, pointsFor } from './config.ts';
import { MOST_POINTS } from './ledger.ts';

/** An interaction as it stands in the core now. */
export type Purchase = { id: string; customerId: string; value: string; kindId: string; kindKey: string; occurredAt: Date };

/** What an interaction counts for with one customer. */
export type Share = {
  customerId: string;
  kindId: string;
  pointsPerUnit: string;
  occurredAt: Date;
  /** The points; negative for a cancellation. */
  counted: number;
  /** What could not be taken back, of the balance and of what was earned in all. */
  pointsShort: number;
  earnedShort: number;
};

const PURCHASE = `query ($id: ID!) { interaction(id: $id) { value { amount } occurredAt kind { id key } customer { id } } }`;

/** Null where it was erased with its customer. */
export async function readPurchase(ctx: WriteContext, id: string): Promise<Purchase | null> {
  const { interaction } = await ctx.query(PURCHASE, { id: typeId('Interaction', id) });
  if (!interaction) return null;
  const { value, occurredAt, kind, customer } = interaction;
  return {
    id,
    customerId: uuidOf(customer.id)!,
    value: value?.amount ?? '0',
    kindId: uuidOf(kind.id)!,
    kindKey: kind.key,
    occurredAt: new Date(occurredAt),
  };
}

/** An interaction as it was before an event corrected it. Only what decides whether it earned. */
export async function purchaseBefore(ctx: WriteContext, now: Purchase, { data }: PluginEvent): Promise<Purchase> {
  const before = data.before ?? {};
  const value = 'valueAmount' in before ? String(before.valueAmount ?? '0') : now.value;
  const kindId = typeof before.kindId === 'string' ? before.kindId : now.kindId;
  const kindKey = kindId === now.kindId ? now.kindKey : await keyOfKind(ctx, kindId);
  const occurredAt = typeof before.occurredAt === 'string' ? new Date(before.occurredAt) : now.occurredAt;
  return { ...now, value, kindId, kindKey, occurredAt };
}

async function keyOfKind(ctx: WriteContext, id: string): Promise<string> {
  const { interactionKind } = await ctx.query('query ($id: ID!) { interactionKind(id: $id) { key } }', {
    id: typeId('InteractionKind', id),
  });
  return interactionKind?.key ?? '';
}

/** Points for a unit of value: as when it began to count with its kind, whatever was configured since; none for other kinds. */
export function rateOf({ kinds, pointsPerUnit }: Config, { kindId, kindKey }: Purchase, shares: readonly Share[] = []): string {
  const known = shares.find((share) => share.kindId === kindId);
  if (known) return known.pointsPerUnit;
  return kinds.length === 0 || kinds.includes(kindKey) ? pointsPerUnit : '0';
}

export function worthOf({ value }: Purchase, pointsPerUnit: string): number {
  const points = pointsFor({ pointsPerUnit }, value);
  return Number(points > MOST_POINTS ? MOST_POINTS : points < -MOST_POINTS ? -MOST_POINTS : points);
}

const shareColumns = sql`customer_id as "customerId", kind_id as "kindId", points_per_unit as "pointsPerUnit", occurred_at as "occurredAt",
  counted, points_short as "pointsShort", earned_short as "earnedShort"`;

export async function sharesOf(ctx: WriteContext, interactionId: string): Promise<Share[]> {
  return ctx.sql<Share>(sql`select ${shareColumns} from purchases
    where workspace_id = ${ctx.workspaceId}::uuid and interaction_id = ${interactionId}::uuid order by customer_id`);
}

/** The first cancellation of a customer that is owed some of what a purchase has brought, and happened since. */
export async function firstOwed(
  ctx: WriteContext,
  customerId: string,
  { purchase, at, points, earned }: { purchase: string; at: Date; points: number; earned: number },
): Promise<(Share & { id: string }) | undefined> {
  const [owed] = await ctx.sql<Share & { id: string }>(sql`select interaction_id as id, ${shareColumns} from purchases
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid and occurred_at >= ${at} and interaction_id <> ${purchase}::uuid
      and counted < 0 and ((points_short > 0 and ${points}::int > 0) or (earned_short > 0 and ${earned}::int > 0))
    order by occurred_at, interaction_id limit 1`);
  return owed;
}

export async function saveShare(ctx: WriteContext, id: string, share: Share): Promise<void> {
  await ctx.sql(sql`
    insert into purchases (workspace_id, interaction_id, customer_id, kind_id, points_per_unit, occurred_at, counted, points_short, earned_short)
    values (${ctx.workspaceId}::uuid, ${id}::uuid, ${share.customerId}::uuid, ${share.kindId}::uuid, ${share.pointsPerUnit}, ${share.occurredAt},
      ${share.counted}, ${share.pointsShort}, ${share.earnedShort})
    on conflict (workspace_id, interaction_id, customer_id) do update set kind_id = excluded.kind_id, points_per_unit = excluded.points_per_unit,
      occurred_at = excluded.occurred_at, counted = excluded.counted, points_short = excluded.points_short, earned_short = excluded.earned_short`);
}

/** Takes over what version 1.0 has booked for an interaction: it left nothing but an entry. `was`: as it was then. */
export async function adopt(ctx: WriteContext, config: Config, was: Purchase): Promise<Share[]> {
  // The account is locked before its entries, as everywhere.
  const [entry] = await ctx.sql<{ customerId: string; kind: string; points: number }>(sql`
    select customer_id as "customerId", e.kind, e.points from entries e join accounts a using (workspace_id, customer_id)
    where e.workspace_id = ${ctx.workspaceId}::uuid and e.source = ${was.id}::uuid for update of a`);
  if (!entry) return [];
  await ctx.sql(sql`update entries set purchase = source where workspace_id = ${ctx.workspaceId}::uuid and source = ${was.id}::uuid`);
  // A cancellation may have found less than it was to take.
  const counted = entry.kind === 'EARNED' ? entry.points : Math.min(entry.points, worthOf(was, config.pointsPerUnit));
  const { kindId, occurredAt } = was;
  const share = { customerId: entry.customerId, kindId, occurredAt, pointsPerUnit: config.pointsPerUnit, counted };
  const adopted = { ...share, pointsShort: Math.max(0, entry.points - counted), earnedShort: 0 };
  await saveShare(ctx, was.id, adopted);
  return [adopted];
}
