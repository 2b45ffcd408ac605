// Erasing a customer for good (GDPR, article 17): every row about it goes, and its events keep their place but lose their data.
import sql, { raw } from 'sql-template-tag';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, text } from '../../commands/fields.ts';
import { reject } from '../../commands/user-errors.ts';
import { lockCustomer } from './customers.commands.ts';

// Children before parents, as the foreign keys want it; `$c` is the customer.
const tables: [table: string, condition: string][] = [
  [
    'interaction_participants',
    'customer_id = $c or interaction_id in (select i.id from interactions i where i.workspace_id = $w and i.customer_id = $c)',
  ],
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
  description: 'Erases a customer and everything about it for good, and redacts its events. Cannot be undone.',
  permission: 'customers:erase',
  input: input('CustomerEraseInput', 'Which customer to erase.', {
    id: id('Customer', 'The customer.'),
    confirm: text('The word `erase`, so that nobody does it by mistake.', 20),
  }),
  run: async (ctx, { id: customerId, confirm }) => {
    if (confirm !== 'erase') reject('NOT_CONFIRMED', 'Send confirm: "erase".', ['confirm']);
    await lockCustomer(ctx, customerId);
    await redactEvents(ctx, customerId);
    const literal = (condition: string) =>
      raw(condition.replaceAll('$c', `'${customerId}'::uuid`).replaceAll('$w', `'${ctx.workspaceId}'::uuid`));
    for (const [table, condition] of tables) {
      await ctx.tx.execute(sql`delete from ${raw(table)} where workspace_id = ${ctx.workspaceId}::uuid and (${literal(condition)})`);
    }
    ctx.emit({ type: 'customer.erased', subjectType: 'Customer', subjectId: customerId, customerId, data: { erased: true } });
    return { id: customerId };
  },
});

// Also those that stand under another customer: of a tie, or of an interaction that was first recorded for somebody else.
// The inbox first: what the sequencer moves meanwhile is then found in the log. One statement for each index.
async function redactEvents(ctx: CommandContext, customerId: string): Promise<void> {
  const subjects = await ctx.tx.query<{ id: string }>(sql`
    select id from interactions where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid
    union all select id from relationships where workspace_id = ${ctx.workspaceId}::uuid and from_id = ${customerId}::uuid
    union all select id from relationships where workspace_id = ${ctx.workspaceId}::uuid and to_id = ${customerId}::uuid`);
  for (const log of ['event_inbox', 'events']) {
    for (const about of [sql`customer_id = ${customerId}::uuid`, sql`subject_id = any(${subjects.map(({ id }) => id)}::uuid[])`]) {
      await ctx.tx.execute(
        sql`update ${raw(log)} set data = '{"erased": true}' where workspace_id = ${ctx.workspaceId}::uuid and ${about}`,
      );
    }
  }
}
