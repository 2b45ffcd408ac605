// When a unit has to look at customers again: like `checksCtes` of the rules, for judgements that passed through JavaScript.
import sql, { type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';

/** Makes the moments of the customers in `among` those of the judged; customers that were not judged have none. */
export async function keepChecks(
  ctx: CommandContext,
  unitId: string,
  among: (id: Sql) => Sql,
  judged: readonly { customerId: string; dueAt: Date | null }[],
): Promise<void> {
  const due = judged.filter(({ dueAt }) => dueAt !== null);
  await ctx.tx.execute(sql`
    with evaluated as (
      select * from unnest(${due.map(({ customerId }) => customerId)}::uuid[], ${due.map(({ dueAt }) => dueAt)}::timestamptz[]) as e(customer_id, due_at)
    ), gone as (
      delete from rule_checks k where k.workspace_id = ${ctx.workspaceId}::uuid and k.unit_id = ${unitId}::uuid and ${among(sql`k.customer_id`)}
        and not exists (select from evaluated e where e.customer_id = k.customer_id)
    )
    insert into rule_checks (workspace_id, unit_id, customer_id, due_at)
    select ${ctx.workspaceId}::uuid, ${unitId}::uuid, e.customer_id, e.due_at from evaluated e
    on conflict (workspace_id, unit_id, customer_id) do update set due_at = excluded.due_at where rule_checks.due_at <> excluded.due_at`);
}
