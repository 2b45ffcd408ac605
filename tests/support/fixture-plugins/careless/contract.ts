// A plugin with mistakes, and the contract's tests of it: run as a process of their own, they must fail for these and no others.
import { definePlugin, sql, v, z } from 'trato/plugin';
import { pluginContract } from 'trato/plugin/testing';
import { builder } from '../../../../src/graphql/builder.ts';
import type { Context } from '../../../../src/graphql/context.ts';

const seen = new Set<string>();
const directions = new Set<string>();

const plugin = definePlugin({
  id: 'careless',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Makes mistakes.',
  config: z.object({}),
  capabilities: ['schema', 'tables', 'events', 'read:interactions'],
  scopes: { 'careless:read': 'See counts.' },
  setup({ schema, tables, events }) {
    tables.migrations({
      '001_counts': 'create table counts (workspace_id uuid, customer_id uuid, n int not null, primary key (workspace_id, customer_id))',
    });
    events.on('count', ['interaction.recorded'], async (ctx, { id, customerId }) => {
      if (seen.has(id)) return; // forgets that what was written can be taken back
      seen.add(id);
      await ctx.sql(sql`insert into counts values (${ctx.workspaceId}, ${customerId}, 1)
        on conflict (workspace_id, customer_id) do update set n = counts.n + 1`);
    });
    events.on('look', ['interaction.recorded'], async (_ctx, { data }) => {
      const { direction } = data.after as { direction: string }; // forgets those who were erased
      directions.add(direction);
    });
    const field = { description: 'A count.', value: v.int(), scope: 'careless:read' } as const;
    schema.field('Customer', 'leaking', {
      ...field,
      load: async (ctx, ids) => {
        const rows = await ctx.sql<{ id: string; n: number }>(sql`
          select customer_id as id, n from counts where customer_id = any(${ids}::uuid[])`);
        return new Map(rows.map(({ id, n }) => [id, n]));
      },
    });
    schema.field('Customer', 'slow', {
      ...field,
      load: async (ctx, ids) => {
        const found = new Map<string, number>();
        for (const id of ids) {
          const [row] = await ctx.sql<{ n: number }>(sql`
            select n from counts where workspace_id = ${ctx.workspaceId} and customer_id = ${id}`);
          if (row) found.set(id, row.n);
        }
        return found;
      },
    });
    schema.query('total', {
      description: 'How many there are.',
      value: v.int(),
      scope: 'careless:read',
      resolve: async (ctx) => {
        const [row] = await ctx.sql<{ n: number }>(sql`select coalesce(sum(n), 0)::int as n from counts`); // of all workspaces
        return row!.n;
      },
    });
    schema.subscription('counted', {
      description: 'N.', // says nothing
      value: v.int(),
      scope: 'careless:read',
      events: ['interaction.recorded'],
      select: async (ctx, events) => {
        const [row] = await ctx.sql<{ n: number }>(sql`select sum(n)::int as n from counts`); // of all workspaces
        return events.map(() => row!.n);
      },
    });
    // Past the host, which would not have it: for everybody, and never let go of.
    builder.subscriptionField('carelessLoose', (t) =>
      t.field({
        type: 'Int',
        description: 'Whatever happens.',
        subscribe: (_root, _args, ctx) => forEver(ctx),
        resolve: () => 1,
      }),
    );
  },
});

async function* forEver({ hub, viewer }: Context) {
  // Whatever happens to the other: this one goes on.
  const left = hub.follow({ workspaceId: viewer!.workspaceId });
  void (async () => {
    while (!(await left.next()).done);
  })();
  for await (const _step of hub.follow({ workspaceId: viewer!.workspaceId })) yield { root: 1 } as never;
}

pluginContract(plugin, { patienceMs: 500 });
