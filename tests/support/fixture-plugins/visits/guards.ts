import { type GuardsHost, sql } from 'trato/plugin';

export function guardCustomers(guards: GuardsHost): void {
  guards.before('customerArchive', async (ctx, input) => {
    const [planned] = await ctx.sql(sql`
      select 1 from visits where workspace_id = ${ctx.workspaceId} and customer_id = ${input.id} and state = 'PLANNED' limit 1`);
    if (planned) ctx.reject('STILL_PLANNED', 'A visit to this customer is planned.', ['id']);
  });
}
