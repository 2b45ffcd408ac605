import { arg, type SchemaHost, sql, v } from 'trato/plugin';

export type Scope = 'visits:read' | 'visits:write';
export type Visit = { day: string; state: 'PLANNED' | 'MADE' | 'MISSED' };
export type Types = ReturnType<typeof addFields>;

export function addFields(schema: SchemaHost<Scope>) {
  const state = schema.enum('State', {
    description: 'What became of a visit.',
    values: { PLANNED: 'It is still to come.', MADE: 'It took place.', MISSED: 'Its day went by.' },
  });
  const visit = schema.type('Visit', {
    description: 'A visit to a customer.',
    fields: {
      day: { description: 'When.', value: v.date() },
      state: { description: 'What became of it.', value: state },
    },
  });

  schema.field('Customer', 'next', {
    description: 'The next planned visit.',
    value: visit,
    scope: 'visits:read',
    load: async (ctx, ids) => {
      const rows = await ctx.sql<Visit & { id: string }>(sql`
        select distinct on (customer_id) customer_id as id, day, state from visits
        where workspace_id = ${ctx.workspaceId} and customer_id = any(${ids}::uuid[]) and state = 'PLANNED'
        order by customer_id, day`);
      return new Map(rows.map(({ id, ...found }) => [id, found]));
    },
  });

  schema.query('on', {
    description: 'The visits of a day, at most 100.',
    value: v.list(visit),
    scope: 'visits:read',
    args: { day: arg.date('Which day.') },
    resolve: (ctx, { day }) =>
      ctx.sql<Visit>(sql`
        select day, state from visits where workspace_id = ${ctx.workspaceId} and day = ${day} order by id limit 100`),
  });
  return { visit, state };
}
