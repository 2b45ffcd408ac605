// Erasing a customer for good (GDPR, article 17): every row about it goes, and its events keep their place but lose their data.
// What was to be sold to it goes too: an opportunity with its quotes tells about the person as much as a contact does. Figures
// over past periods are smaller afterwards.
import sql, { raw, type Sql } from 'sql-template-tag';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, text } from '../../commands/fields.ts';
import { reject } from '../../commands/user-errors.ts';
import { lockCustomer } from './customers.commands.ts';
import { forgetElsewhere } from './erasures.ts';

const sold = 'select o.id from opportunities o where o.workspace_id = $w and o.customer_id = $c';
const offered = `select q.id from quotes q where q.workspace_id = $w and q.opportunity_id in (${sold})`;
const led = 'select l.id from leads l where l.workspace_id = $w and l.customer_id = $c';

// What belongs to others and only mentions a lead of the customer.
const mentions: [table: string, column: string, condition: string][] = [
  ['opportunities', 'lead_id', `lead_id in (${led}) and customer_id is distinct from $c`],
  ['consents', 'lead_id', `lead_id in (${led}) and customer_id <> $c`],
];

// Children before parents, as the foreign keys want it; `$c` is the customer.
const tables: [table: string, condition: string][] = [
  ['opportunity_rule_firings', `customer_id = $c or opportunity_id in (${sold})`],
  ['quote_lines', `quote_id in (${offered})`],
  ['quotes', `opportunity_id in (${sold})`],
  ['opportunity_lines', `opportunity_id in (${sold})`],
  ['opportunity_transitions', `opportunity_id in (${sold})`],
  ['opportunity_contacts', `customer_id = $c or opportunity_id in (${sold})`],
  ['opportunity_competitors', `opportunity_id in (${sold})`],
  ['opportunities', 'customer_id = $c'],
  ['consents', 'customer_id = $c'],
  ['lead_points', `lead_id in (${led})`],
  ['leads', 'customer_id = $c'],
  ['segment_memberships', 'customer_id = $c'],
  ['rule_checks', 'customer_id = $c'],
  ['plugin_failures', 'subject_key = $c'],
  [
    'interaction_participants',
    'customer_id = $c or interaction_id in (select i.id from interactions i where i.workspace_id = $w and i.customer_id = $c)',
  ],
  ['messages', 'customer_id = $c or interaction_id in (select i.id from interactions i where i.workspace_id = $w and i.customer_id = $c)'],
  ['interactions', 'customer_id = $c'],
  ['conversations', 'customer_id = $c'],
  ['preferences', 'customer_id = $c'],
  ['needs', 'customer_id = $c'],
  ['relationships', 'from_id = $c or to_id = $c'],
  ['lifecycle_transitions', 'customer_id = $c'],
  ['identities', 'customer_id = $c'],
  ['customers', 'id = $c'],
];

export const customerErase = defineCommand<{ id: string; confirm: string }, { id: string }>({
  name: 'customerErase',
  description: 'Erases a customer and everything about it for good, its opportunities among it, and redacts its events. Cannot be undone.',
  permission: 'customers:erase',
  input: input('CustomerEraseInput', 'Which customer to erase.', {
    id: id('Customer', 'The customer.'),
    confirm: text('The word `erase`, so that nobody does it by mistake.', 20),
  }),
  run: async (ctx, { id: customerId, confirm }) => {
    if (confirm !== 'erase') reject('NOT_CONFIRMED', 'Send confirm: "erase".', ['confirm']);
    await lockCustomer(ctx, customerId);
    const literal = (condition: string) =>
      raw(condition.replaceAll('$c', `'${customerId}'::uuid`).replaceAll('$w', `'${ctx.workspaceId}'::uuid`));
    await redactEvents(ctx, customerId, literal);
    for (const [table, column, condition] of mentions) {
      await ctx.tx.execute(
        sql`update ${raw(table)} set ${raw(column)} = null where workspace_id = ${ctx.workspaceId}::uuid and ${literal(condition)}`,
      );
    }
    for (const [table, condition] of tables) {
      await ctx.tx.execute(sql`delete from ${raw(table)} where workspace_id = ${ctx.workspaceId}::uuid and (${literal(condition)})`);
    }
    ctx.emit({ type: 'customer.erased', subjectType: 'Customer', subjectId: customerId, customerId, data: { erased: true } });
    return { id: customerId };
  },
});

// What events can be about, besides the customer itself; each condition has an index.
const subjects = [
  ['interactions', 'customer_id = $c'],
  ['relationships', 'from_id = $c'],
  ['relationships', 'to_id = $c'],
  ['opportunities', 'customer_id = $c'],
  ['quotes', `opportunity_id in (${sold})`],
  ['leads', 'customer_id = $c'],
  ['consents', 'customer_id = $c'],
  ['messages', 'customer_id = $c'],
].map(([table, condition]) => `select id from ${table} where workspace_id = $w and ${condition}`);

// Also those that stand under another customer: of a tie, of an interaction that was first recorded for somebody else, or of
// an opportunity in which it took part. The inbox first: what the sequencer moves meanwhile is then found in the log. One
// statement for each index.
async function redactEvents(ctx: CommandContext, customerId: string, literal: (condition: string) => Sql): Promise<void> {
  const ids = async (text: string) => (await ctx.tx.query<{ id: string }>(sql`${literal(text)}`)).map(({ id }) => id);
  const about = await ids(subjects.join(' union all '));
  const shared = await ids('select distinct opportunity_id as id from opportunity_contacts where workspace_id = $w and customer_id = $c');
  const conditions = [
    sql`customer_id = ${customerId}::uuid`,
    sql`subject_id = any(${about}::uuid[])`,
    sql`subject_id = any(${shared}::uuid[]) and data::text like ${`%${customerId}%`}`,
  ];
  await forgetElsewhere(ctx, customerId, about);
  for (const log of ['event_inbox', 'events']) {
    for (const condition of conditions) {
      await ctx.tx.execute(
        sql`update ${raw(log)} set data = '{"erased": true}' where workspace_id = ${ctx.workspaceId}::uuid and ${condition}`,
      );
    }
  }
}
