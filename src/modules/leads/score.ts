// The points of one criterion for the open leads of some customers, or of all: given where the rule holds, taken where it
// does not, and the scores with them, in one statement.
import sql, { join, type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import type { Queryable } from '../../db/database.ts';
import { shareLock, takeLock } from '../../db/locks.ts';
import { newIdSql } from '../../db/uuid-sql.ts';
import { checksCtes, compileRule, type StoredRule, type UnitWork } from '../rules/index.ts';

export type Criterion = { id: string; points: number; rule: StoredRule };
export type Scored = { id: string; customerId: string; score: number; delta: number };

/** Leads that are still to be judged; the points of others stay as they were when they closed. */
export const OPEN = sql`('NEW', 'WORKING', 'QUALIFIED')`;

const lockName = (workspaceId: string) => `lead scores ${workspaceId}`;

/**
 * Taken by whatever opens leads, before it reads the criteria: what evaluates criteria waits for it. So a lead that is not
 * committed yet is judged by every criterion and every fact, here or there.
 */
export async function shareScores(tx: Queryable, workspaceId: string): Promise<void> {
  await shareLock(tx, lockName(workspaceId));
}

/** Taken by whatever evaluates criteria for leads that others may be opening. */
export async function lockScores(tx: Queryable, workspaceId: string): Promise<void> {
  await takeLock(tx, lockName(workspaceId));
}

/** Makes the points of a criterion equal to what its rule says; answers the leads whose score changed. Take a lock first. */
export function applyCriterion(
  tx: Queryable,
  criterion: Criterion,
  work: Pick<UnitWork, 'workspaceId' | 'now' | 'customers'>,
): Promise<Scored[]> {
  return tx.query<Scored>(scoreSql(criterion, work));
}

/** The statement behind `applyCriterion`. */
export function scoreSql({ id, points, rule }: Criterion, work: Pick<UnitWork, 'workspaceId' | 'now' | 'customers'>): Sql {
  const { workspaceId, now, customers } = work;
  const workspace = sql`${workspaceId}::uuid`;
  const inScope = (column: Sql) => (customers === null ? sql`true` : sql`${column} = any(${[...customers]}::uuid[])`);
  const interested = sql`(select o.customer_id from leads o where o.workspace_id = ${workspace} and o.status in ${OPEN}
    and o.archived_at is null and ${inScope(sql`o.customer_id`)})`;
  const { joins, holds, due } = compileRule(rule, {
    customer: 'c',
    workspaceId,
    now,
    among: (customer) => sql`${customer} in ${interested}`,
    prefix: 'r_',
  });
  return sql`with evaluated as materialized (
      select c.id as customer_id, ${holds} as holds, ${due ?? sql`null::timestamptz`} as due_at
      from customers c ${join([sql``, ...joins], ' ')}
      where c.workspace_id = ${workspace} and c.archived_at is null and c.id in ${interested}
    ), ${checksCtes({ workspaceId, unitId: id, customers } as UnitWork)},
    judged as (
      select l.id, coalesce(e.holds, false) as holds from leads l left join evaluated e on e.customer_id = l.customer_id
      where l.workspace_id = ${workspace} and l.status in ${OPEN} and l.archived_at is null and ${inScope(sql`l.customer_id`)}
    ), taken as (
      delete from lead_points p using judged j
      where p.workspace_id = ${workspace} and p.criterion_id = ${id}::uuid and p.lead_id = j.id and not j.holds
      returning p.lead_id, -p.points as delta
    ), known as (
      select p.lead_id, p.points from lead_points p join judged j on j.id = p.lead_id
      where p.workspace_id = ${workspace} and p.criterion_id = ${id}::uuid
    ), given as (
      insert into lead_points (workspace_id, id, lead_id, criterion_id, points, created_at)
      select ${workspace}, ${newIdSql(now)}, j.id, ${id}::uuid, ${points}::int, ${now} from judged j where j.holds
      on conflict (workspace_id, lead_id, criterion_id) do update set points = excluded.points where lead_points.points <> excluded.points
      returning lead_id, points
    ), deltas as (
      select lead_id, delta from taken
      union all select g.lead_id, g.points - coalesce(k.points, 0) from given g left join known k on k.lead_id = g.lead_id
    )
    update leads l set score = l.score + d.delta, updated_at = ${now} from deltas d
    where l.workspace_id = ${workspace} and l.id = d.lead_id and d.delta <> 0
    returning l.id, l.customer_id as "customerId", l.score, d.delta::int as delta`;
}

/** The criteria that count. */
export function loadCriteria(db: Queryable, workspaceId: string, ids: readonly string[] | null = null): Promise<Criterion[]> {
  const some = ids === null ? sql`` : sql`and id = any(${[...ids]}::uuid[])`;
  return db.query<Criterion>(sql`select id, points, rule from lead_criteria
    where workspace_id = ${workspaceId}::uuid and archived_at is null ${some} order by id`);
}

/** Tells of the new scores: what they were, what they are, and what changed them. */
export function emitScored(ctx: CommandContext, scored: readonly Scored[], cause: { reason: string; criterionId?: string }): void {
  const totals = new Map<string, Scored>();
  for (const one of scored) {
    const known = totals.get(one.id);
    totals.set(one.id, known ? { ...one, delta: one.delta + known.delta } : one);
  }
  for (const { id, customerId, score, delta } of totals.values()) {
    if (delta === 0) continue;
    const data = { before: { score: score - delta }, after: { score }, cause };
    ctx.emit({ type: 'lead.scored', subjectType: 'Lead', subjectId: id, customerId, data });
  }
}

/** Judges the open leads of these customers by all criteria, and tells of it. The leads are written already. */
export async function scoreLeadsOf(ctx: CommandContext, customers: readonly string[], reason: string): Promise<void> {
  await shareScores(ctx.tx, ctx.workspaceId);
  const scored: Scored[] = [];
  for (const criterion of await loadCriteria(ctx.tx, ctx.workspaceId)) {
    scored.push(...(await applyCriterion(ctx.tx, criterion, { workspaceId: ctx.workspaceId, now: ctx.now, customers })));
  }
  emitScored(ctx, scored, { reason });
}
