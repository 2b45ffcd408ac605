// Value classes (ABC): customers from the most valuable down, cut where the sum of their values passes the parts of the whole.
import sql, { join, type Sql } from 'sql-template-tag';
import { checksCtes, type UnitWork } from '../rules/index.ts';
import { judged } from './evaluate-rules.ts';
import { keepMembers } from './keep-members.ts';
import { type ValueMeasure, valueFactsSql, windowStart } from './measure.ts';

export type ValueClasses = {
  id: string;
  /** For those without value, beyond the last ceiling, or who are no customers. */
  defaultId: string;
  measure: ValueMeasure;
  /** Up to which part of the whole each class reaches, as decimals. */
  classes: readonly { id: string; ceiling: string }[];
};

/**
 * Keeps value classes. For everyone: by the values as they are. For some customers only: whoever is new goes to the default
 * segment and whoever is gone leaves; values are looked at when the classes are worked out the next time.
 */
export async function evaluateClasses(work: UnitWork, classes: ValueClasses): Promise<void> {
  await keepMembers(work.tx, {
    ...work,
    owned: sql`m.segmentation_id = ${classes.id}::uuid`,
    exclusive: true,
    evaluation: work.customers === null ? byValue(work, classes) : asBefore(work, classes),
    more: sql`, ${checksCtes(work)}`,
  });
}

/** CTEs up to `evaluated`. The customer that crosses a border falls below it: its own value counts in its part of the whole. */
export function byValue(work: UnitWork, { id, defaultId, measure, classes }: ValueClasses): Sql {
  const { workspaceId, now } = work;
  const policy = (_model: string, alias: string) =>
    alias === 'o' ? sql`o.workspace_id = ${workspaceId}::uuid` : sql`i.workspace_id = ${workspaceId}::uuid`;
  // Of what happens at this very moment nothing is lost: `to` is exclusive.
  const facts = valueFactsSql(workspaceId, measure, { from: windowStart(measure, now), to: new Date(now.getTime() + 1), policy });
  const sorted = [...classes].sort((a, b) => Number(a.ceiling) - Number(b.ceiling));
  const cases = sorted.map(({ id: classId, ceiling }) => sql`when r.running <= r.whole * ${ceiling}::numeric then ${classId}::uuid`);
  const place =
    cases.length === 0
      ? sql`${defaultId}::uuid`
      : sql`case when r.running is null then ${defaultId}::uuid ${join(cases, ' ')} else ${defaultId}::uuid end`;
  return sql`worth as (
      select f.customer_id, sum(f.amount) as value from (${facts}) f group by f.customer_id having sum(f.amount) > 0
    ), counting as (
      select c.id, w.value from customers c left join worth w on w.customer_id = c.id and ${countsSql(workspaceId)}
      where ${judged(work, id)}
    ), ranked as (
      select n.id, n.value, sum(n.value) over (order by n.value desc, n.id rows unbounded preceding) as running, sum(n.value) over () as whole
      from counting n where n.value is not null
    ), evaluated as materialized (
      select n.id as customer_id, ${id}::uuid as segmentation_id, ${place} as segment_id, n.value, null::timestamptz as due_at
      from counting n left join ranked r on r.id = n.id
    )`;
}

/** Whether `c` buys or may buy: it has no party role, or one that counts. */
export function countsSql(workspaceId: string): Sql {
  return sql`(c.party_roles = '{}' or c.party_roles && array(
    select p.key from party_roles p where p.workspace_id = ${workspaceId}::uuid and p.counts_as_customer))`;
}

function asBefore(work: UnitWork, { id, defaultId }: ValueClasses): Sql {
  return sql`evaluated as materialized (
      select c.id as customer_id, ${id}::uuid as segmentation_id, coalesce(m.segment_id, ${defaultId}::uuid) as segment_id, m.value, null::timestamptz as due_at
      from customers c
      left join segment_memberships m on m.workspace_id = c.workspace_id and m.segmentation_id = ${id}::uuid and m.customer_id = c.id and m.left_at is null
        and exists (select from segments s where s.workspace_id = m.workspace_id and s.id = m.segment_id and s.archived_at is null)
      where ${judged(work, id)}
    )`;
}
