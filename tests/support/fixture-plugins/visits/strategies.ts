import { type StrategyHost, sql, uuidOf } from 'trato/plugin';

export function addStrategies(strategies: StrategyHost): void {
  // LeadCriterion.strategy: "visits.visited"
  strategies.leadScore('visited', async (ctx, customerIds) => {
    const rows = await ctx.sql<{ id: string; share: number }>(sql`
      select customer_id as id, least(count(*) / 5.0, 1)::float as share from visits
      where workspace_id = ${ctx.workspaceId} and customer_id = any(${customerIds}::uuid[]) and state = 'MADE' group by 1`);
    return new Map(rows.map(({ id, share }) => [id, share]));
  });

  // The badge that a visitor scans holds the id of the customer.
  strategies.identityMatch('badge', async (ctx, { identities }) => {
    const badge = identities.find(({ system }) => system === 'badge');
    if (!badge) return null;
    const { customer } = await ctx.query('query ($id: ID!) { customer(by: { id: $id }) { id } }', { id: badge.value });
    return customer ? uuidOf(customer.id) : null;
  });

  // Territory.strategyName: "visits.owner"
  strategies.ownerAssignment('owner', async () => null);
}
