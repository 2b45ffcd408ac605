// What the log tells the programme: purchases earn, cancellations take back, an erased customer is forgotten. One handler for
// all three, because events of one customer come in order only within a handler.
import { type PluginEvent, sql, uuidOf, type WriteContext } from 'trato/plugin';
import { type Config, pointsFor } from './config.ts';
import { MOST_POINTS, openAccount, post } from './ledger.ts';

export const followed = ['interaction.recorded', 'customer.erased'];

export async function follow(ctx: WriteContext, config: Config, event: PluginEvent): Promise<void> {
  if (event.type === 'customer.erased') await forget(ctx, event.subjectId);
  else await earn(ctx, config, event);
}

async function earn(ctx: WriteContext, config: Config, { customerId, subjectId, data, occurredAt }: PluginEvent): Promise<void> {
  // What an erased customer did has lost its data.
  const recorded = data.after ?? {};
  if (customerId === null || typeof recorded.valueAmount !== 'string') return;
  const points = pointsFor(config, recorded.valueAmount);
  if (points === 0n || !(await isKindThatEarns(ctx, config, String(recorded.kindId)))) return;

  const account = await openAccount(ctx, config, customerId);
  const earned = Number(points > MOST_POINTS ? MOST_POINTS : points < -MOST_POINTS ? -MOST_POINTS : points);
  await post(ctx, config, account, {
    kind: earned > 0 ? 'EARNED' : 'ADJUSTED',
    // What was spent meanwhile cannot be taken back.
    points: Math.max(-account.balance, Math.min(earned, MOST_POINTS - account.balance)),
    earned,
    source: subjectId,
    at: typeof recorded.occurredAt === 'string' ? new Date(recorded.occurredAt) : occurredAt,
  });
}

const KINDS = `query ($keys: [String!]!) { interactionKinds(filter: { key: { in: $keys }, archived: INCLUDE }, first: 100) { nodes { id } } }`;

async function isKindThatEarns(ctx: WriteContext, { kinds }: Config, kindId: string): Promise<boolean> {
  if (kinds.length === 0) return true;
  const { interactionKinds } = await ctx.query(KINDS, { keys: kinds });
  return interactionKinds.nodes.some(({ id }: { id: string }) => uuidOf(id) === kindId);
}

async function forget(ctx: WriteContext, customerId: string): Promise<void> {
  await ctx.sql(sql`delete from accounts where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid`);
}
