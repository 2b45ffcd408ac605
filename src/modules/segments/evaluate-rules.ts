// Who belongs where, by rules: a segment of a tactical segmentation by its own, a strategic segmentation by those of all its
// segments in the order of their priority.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { type CompiledRule, checksCtes, compileRule, type RuleDependencies, type StoredRule, type UnitWork } from '../rules/index.ts';
import { keepMembers } from './keep-members.ts';

export type RuledSegment = { id: string; rule: StoredRule };

/** Dependencies of what no rule decides: only customers who are made, archived and restored matter. */
export const noDependencies: RuleDependencies = { families: new Set(), interactionKinds: new Set(), segments: new Set(), hops: 0 };

/** Customers to judge, as `c`, while the segmentation is not archived. */
export function judged(work: UnitWork, segmentationId: string): Sql {
  const among = work.customers ? sql` and c.id = any(${[...work.customers]}::uuid[])` : sql``;
  return sql`c.workspace_id = ${work.workspaceId}::uuid and c.archived_at is null${among}
    and exists (select from segmentations g where g.workspace_id = ${work.workspaceId}::uuid and g.id = ${segmentationId}::uuid and g.archived_at is null)`;
}

function compileAt(work: UnitWork, rule: StoredRule, prefix: string): CompiledRule {
  const { customers } = work;
  return compileRule(rule, {
    customer: 'c',
    workspaceId: work.workspaceId,
    now: work.now,
    among: customers ? (id) => sql`${id} = any(${[...customers]}::uuid[])` : null,
    prefix,
  });
}

/** Keeps one segment of a tactical segmentation. */
export async function evaluateSegment(work: UnitWork, segmentationId: string, { id, rule }: RuledSegment): Promise<void> {
  const { joins, holds, due } = compileAt(work, rule, 'r');
  await keepMembers(work.tx, {
    ...work,
    owned: sql`m.segment_id = ${id}::uuid`,
    exclusive: false,
    evaluation: sql`judged as (
        select c.id as customer_id, ${holds} as holds, ${due ?? sql`null::timestamptz`} as due_at
        from customers c ${spaced(joins)}
        where ${judged(work, segmentationId)}
          and exists (select from segments s where s.workspace_id = ${work.workspaceId}::uuid and s.id = ${id}::uuid and s.archived_at is null)
      ), evaluated as materialized (
        select customer_id, ${segmentationId}::uuid as segmentation_id, case when holds then ${id}::uuid end as segment_id, null::numeric as value, due_at
        from judged where holds or due_at is not null
      )`,
    more: sql`, ${checksCtes(work)}`,
  });
}

export type RuledPartition = { id: string; defaultId: string; ruled: readonly RuledSegment[] };

/** Keeps a strategic segmentation whose segments have rules. */
export async function evaluatePartition(work: UnitWork, { id, defaultId, ruled }: RuledPartition): Promise<void> {
  const compiled = ruled.map(({ rule }, i) => compileAt(work, rule, `r${i}_`));
  const dues = compiled.flatMap(({ due }) => (due ? [due] : []));
  const due = dues.length === 0 ? sql`null::timestamptz` : sql`least(${join(dues, ', ')})`;
  await keepMembers(work.tx, {
    ...work,
    owned: sql`m.segmentation_id = ${id}::uuid`,
    exclusive: true,
    evaluation: sql`evaluated as materialized (
        select c.id as customer_id, ${id}::uuid as segmentation_id, ${placeSql(ruled, compiled, defaultId)} as segment_id, null::numeric as value, ${due} as due_at
        from customers c ${spaced(compiled.flatMap(({ joins }) => joins))}
        where ${judged(work, id)}
      )`,
    more: sql`, ${checksCtes(work)}`,
  });
}

function placeSql(ruled: readonly RuledSegment[], compiled: CompiledRule[], defaultId: string): Sql {
  if (ruled.length === 0) return sql`${defaultId}::uuid`;
  const cases = ruled.map((one, i) => sql`when ${compiled[i]!.holds} then ${one.id}::uuid`);
  return sql`case ${join(cases, ' ')} else ${defaultId}::uuid end`;
}

const spaced = (joins: readonly Sql[]): Sql => (joins.length === 0 ? raw('') : join([...joins], ' '));

/** Ends all stays, of what is archived. */
export async function endStays(work: UnitWork, owned: Sql): Promise<void> {
  await keepMembers(work.tx, {
    ...work,
    owned,
    exclusive: false,
    evaluation: sql`evaluated as (
        select null::uuid as customer_id, null::uuid as segmentation_id, null::uuid as segment_id, null::numeric as value, null::timestamptz as due_at where false
      )`,
    more: sql`, ${checksCtes(work)}`,
  });
}
