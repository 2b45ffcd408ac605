import { arg, type SchemaHost, sql, v } from 'trato/plugin';
import type { Scope, Types, Visit } from './fields.ts';
import type { Config } from './index.ts';

export function addMutations(schema: SchemaHost<Scope>, { visit }: Types, { mostADay }: Config): void {
  schema.mutation('plan', {
    description: 'Plans a visit.',
    scope: 'visits:write',
    input: { customer: arg.id('Customer', 'Whom to visit.'), day: arg.date('When.') },
    gives: {
      visit: { description: 'The visit.', value: visit },
      customer: { description: 'Whom it is to.', value: v.record('Customer') },
    },
    run: async (ctx, { customer, day }) => {
      await ctx.lock('Customer', customer, ['customer']);
      // Two that plan at once take turns: the second waits for the row of the day.
      await ctx.sql(sql`
        insert into days (workspace_id, day) values (${ctx.workspaceId}, ${day})
        on conflict (workspace_id, day) do update set day = excluded.day`);
      const [taken] = await ctx.sql<{ count: number }>(sql`
        select count(*)::int as count from visits where workspace_id = ${ctx.workspaceId} and day = ${day}`);
      if (taken!.count >= mostADay) ctx.reject('DAY_FULL', `There are ${mostADay} visits on that day.`, ['day']);
      const [made] = await ctx.sql<Visit>(sql`
        insert into visits (workspace_id, customer_id, day) values (${ctx.workspaceId}, ${customer}, ${day}) returning day, state`);
      ctx.emit({ type: 'planned', subject: { type: 'Customer', id: customer }, customerId: customer, after: { day } });
      return { visit: made!, customer };
    },
  });
}

export function addSubscriptions(schema: SchemaHost<Scope>, { visit }: Types): void {
  schema.subscription('planned', {
    description: 'Each visit that is planned.',
    value: visit,
    scope: 'visits:read',
    events: ['visits.planned'],
    select: async (_ctx, events) => events.map(({ data }) => ({ day: String(data.after?.day), state: 'PLANNED' as const })),
  });
}
