// Counts the contacts with each customer: a small example of most that a plugin can do. Change it into yours.
import { arg, definePlugin, sql, v, z } from 'trato/plugin';

export const plugin = definePlugin({
  id: 'my-plugin',
  version: '0.1.0',
  api: '^1.0.0',
  description: 'Counts the contacts with each customer.',
  config: z.object({
    /** Outbound contacts count too. */
    countOutbound: z.boolean().default(true),
  }),
  capabilities: ['schema', 'tables', 'events', 'read:interactions'],
  scopes: {
    'my-plugin:read': 'See how many contacts there were.',
    'my-plugin:write': 'Begin to count anew.',
  },
  setup({ config, schema, tables, events }) {
    tables.migrations({
      '001_contact_counts': `create table contact_counts (
        workspace_id uuid not null,
        customer_id uuid not null,
        contacts integer not null,
        primary key (workspace_id, customer_id)
      )`,
    });

    // Called once for each event; what it writes commits with its place in the log. One handler for both types, because
    // events of one customer come in order only within a handler.
    events.on('count', ['interaction.recorded', 'customer.erased'], async (ctx, event) => {
      const { customerId } = event;
      if (customerId === null) return;
      // Whoever keeps data about people forgets them when they are erased.
      if (event.type === 'customer.erased') {
        await ctx.sql(sql`delete from contact_counts where workspace_id = ${ctx.workspaceId} and customer_id = ${customerId}`);
        return;
      }
      // What an erased customer did has lost its data.
      const { direction } = event.data.after ?? {};
      if (direction === undefined || (direction === 'OUTBOUND' && !config.countOutbound)) return;
      await ctx.sql(sql`insert into contact_counts values (${ctx.workspaceId}, ${customerId}, 1)
        on conflict (workspace_id, customer_id) do update set contacts = contact_counts.contacts + 1`);
    });

    // Customer.myPluginContacts, loaded once for all customers of a page.
    schema.field('Customer', 'contacts', {
      description: 'How many contacts there were since counting began.',
      value: v.int(),
      scope: 'my-plugin:read',
      load: async (ctx, ids) => {
        const rows = await ctx.sql<{ customer_id: string; contacts: number }>(sql`select customer_id, contacts from contact_counts
          where workspace_id = ${ctx.workspaceId} and customer_id = any(${ids}::uuid[])`);
        const counts = new Map(rows.map((row) => [row.customer_id, row.contacts]));
        return new Map(ids.map((id) => [id, counts.get(id) ?? 0]));
      },
    });

    // Mutation.myPluginContactsReset
    schema.mutation('contactsReset', {
      description: 'Counts the contacts of a customer anew, from 0.',
      scope: 'my-plugin:write',
      input: { customer: arg.id('Customer', 'Whose contacts.') },
      gives: { before: { description: 'How many there were.', value: v.int() } },
      run: async (ctx, { customer }) => {
        // Refuses customers whom the caller may not touch.
        await ctx.lock('Customer', customer, ['customer']);
        const [row] = await ctx.sql<{ contacts: number }>(sql`delete from contact_counts
          where workspace_id = ${ctx.workspaceId} and customer_id = ${customer} returning contacts`);
        if (!row) return ctx.reject('NOTHING_COUNTED', 'No contact of this customer was counted.', ['customer']);
        return { before: row.contacts };
      },
    });
  },
});
