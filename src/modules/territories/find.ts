// Which territory a customer belongs to: the first by position whose rule holds. One statement for all territories and
// any number of customers.
import sql, { join, type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import type { Queryable } from '../../db/database.ts';
import type { AssignmentStrategy } from '../../db/models.ts';
import { compileRule, type StoredRule } from '../rules/index.ts';
import { type Assigned, assign } from './assign.ts';

export type FoundTerritory = {
  id: string;
  rule: StoredRule;
  strategy: AssignmentStrategy;
  strategyName: string | null;
  userId: string | null;
  teamId: string | null;
};

/** The territory of each of these customers; those in none are absent. */
export async function territoriesFor(
  db: Queryable,
  workspaceId: string,
  customerIds: readonly string[],
  now: Date,
): Promise<Map<string, FoundTerritory>> {
  const all =
    await db.query<FoundTerritory>(sql`select id, rule, strategy, strategy_name as "strategyName", user_id as "userId", team_id as "teamId"
    from territories where workspace_id = ${workspaceId}::uuid and archived_at is null order by position, id`);
  if (all.length === 0 || customerIds.length === 0) return new Map();
  const rows = await db.query<{ id: string; place: number | null }>(placesSql(workspaceId, all, customerIds, now));
  return new Map(rows.flatMap(({ id, place }) => (place === null ? [] : [[id, all[place]!] as const])));
}

function placesSql(workspaceId: string, all: readonly FoundTerritory[], customerIds: readonly string[], now: Date): Sql {
  const wanted = sql`${[...new Set(customerIds)]}::uuid[]`;
  const compiled = all.map(({ rule }, i) =>
    compileRule(rule, { customer: 'c', workspaceId, now, among: (id) => sql`${id} = any(${wanted})`, prefix: `t${i}_` }),
  );
  const whens = compiled.map(({ holds }, i) => sql`when ${holds} then ${i}::int`);
  return sql`select c.id, case ${join(whens, ' ')} end as place from customers c ${join([sql``, ...compiled.flatMap(({ joins }) => joins)], ' ')}
    where c.workspace_id = ${workspaceId}::uuid and c.id = any(${wanted})`;
}

/** The territory of one customer; null when it is in none. */
export async function territoryFor(ctx: CommandContext, customerId: string): Promise<FoundTerritory | null> {
  return (await territoriesFor(ctx.tx, ctx.workspaceId, [customerId], ctx.now)).get(customerId) ?? null;
}

/** Who gets what comes from a customer, by its territory; null when it is in none. */
export async function assignByTerritory(ctx: CommandContext, customerId: string): Promise<(Assigned & { territoryId: string }) | null> {
  const found = await territoryFor(ctx, customerId);
  if (!found) return null;
  const { id, strategy, strategyName, userId, teamId } = found;
  const holder = { model: 'Territory', id } as const;
  return { territoryId: id, ...(await assign(ctx, { strategy, strategyName, userId, teamId, customerId, holder })) };
}
