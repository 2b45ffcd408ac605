// The points of one criterion for the open leads of some customers, or of all: given where the rule holds, taken where it
// does not, and the scores with them, in one statement.
import sql, { join, type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import type { Queryable } from '../../db/database.ts';
import { shareLock, takeLock } from '../../db/locks.ts';
import { newIdSql } from '../../db/uuid-sql.ts';
import { checksCtes, compileRule, type StoredRule, type UnitWork } from '../rules/index.ts';

export type Criterion = { id: string; points: number; rule: StoredRule; strategy: string | null };
/** For whom a criterion is judged, and when. */
export type Judging = Pick<UnitWork, 'workspaceId' | 'now' | 'customers'>;
/** The points of each customer, where a strategy says them; who is absent gets none. */
export type Points = ReadonlyMap<string, number>;
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

/**
 * Makes the points of a criterion equal to what its rule says, and `own` where it has a strategy; answers the leads whose
 * score changed. Take a lock first.
 */
export function applyCriterion(tx: Queryable, criterion: Criterion, work: Judging, own?: Points): Promise<Scored[]> {
  return tx.query<Scored>(scoreSql(criterion, work, own));
}

const inScope = ({ customers }: Judging, column: Sql) => (customers === null ? sql`true` : sql`${column} = any(${[...customers]}::uuid[])`);

/** A select of what the rule says of the customers who have open leads: `customer_id`, `holds` and `due_at`. */
export function evaluatedSql(rule: StoredRule, work: Judging): Sql {
  const { workspaceId, now } = work;
  const workspace = sql`${workspaceId}::uuid`;
  const interested = sql`(select o.customer_id from leads o where o.workspace_id = ${workspace} and o.status in ${OPEN}
    and o.archived_at is null and ${inScope(work, sql`o.customer_id`)})`;
  const { joins, holds, due } = compileRule(rule, {
    customer: 'c',
    workspaceId,
    now,
    among: (customer) => sql`${customer} in ${interested}`,
    prefix: 'r_',
  });
  return sql`select c.id as customer_id, ${holds} as holds, ${due ?? sql`null::timestamptz`} as due_at
      from customers c ${join([sql``, ...joins], ' ')}
      where c.workspace_id = ${workspace} and c.archived_at is null and c.id in ${interested}`;
}

/** The statement behind `applyCriterion`. */
export function scoreSql({ id, points, rule }: Criterion, work: Judging, own?: Points): Sql {
  const { workspaceId, now, customers } = work;
  const workspace = sql`${workspaceId}::uuid`;
  const shares = own
    ? sql`left join unnest(${[...own.keys()]}::uuid[], ${[...own.values()]}::int[]) s(customer_id, points) on s.customer_id = l.customer_id`
    : sql``;
  return sql`with evaluated as materialized (
      ${evaluatedSql(rule, work)}
    ), ${checksCtes({ workspaceId, unitId: id, customers } as UnitWork)},
    judged as (
      select l.id, coalesce(e.holds${own ? sql` and s.points is not null` : sql``}, false) as holds, ${own ? sql`s.points` : sql`${points}::int`} as points
      from leads l left join evaluated e on e.customer_id = l.customer_id ${shares}
      where l.workspace_id = ${workspace} and l.status in ${OPEN} and l.archived_at is null and ${inScope(work, sql`l.customer_id`)}
    ), taken as (
      delete from lead_points p using judged j
      where p.workspace_id = ${workspace} and p.criterion_id = ${id}::uuid and p.lead_id = j.id and not j.holds
      returning p.lead_id, -p.points as delta
    ), known as (
      select p.lead_id, p.points from lead_points p join judged j on j.id = p.lead_id
      where p.workspace_id = ${workspace} and p.criterion_id = ${id}::uuid
    ), given as (
      insert into lead_points (workspace_id, id, lead_id, criterion_id, points, created_at)
      select ${workspace}, ${newIdSql(now)}, j.id, ${id}::uuid, j.points, ${now} from judged j where j.holds
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
  return db.query<Criterion>(sql`select id, points, rule, strategy from lead_criteria
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
