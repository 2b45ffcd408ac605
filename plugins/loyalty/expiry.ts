// Takes points that have expired. What is due stands in the entries, so it does not matter how often this runs.
import { type JobContext, sql, type WriteContext } from 'trato/plugin';
import { expirePoints } from './ledger.ts';

/** Accounts in one transaction. */
const BATCH = 500;

export async function expireEverywhere(ctx: JobContext): Promise<void> {
  for (const { id } of await ctx.workspaces()) {
    let more = true;
    while (more && !ctx.signal.aborted) more = await ctx.inWorkspace(id, expireSome);
  }
}

/** Answers whether there may be more. */
async function expireSome(ctx: WriteContext): Promise<boolean> {
  // Locked in the order of ids, so that two that run at once wait for each other instead of dead-locking.
  const accounts = await ctx.sql<{ id: string }>(sql`
    select customer_id as id from accounts
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = any(array(
      select distinct customer_id from entries
      where workspace_id = ${ctx.workspaceId}::uuid and remaining > 0 and expires_at <= ${ctx.now} limit ${BATCH}))
    order by customer_id for update`);
  if (accounts.length === 0) return false;
  await expirePoints(
    ctx,
    accounts.map(({ id }) => id),
  );
  return accounts.length === BATCH;
}
