// What the rules of the stages say of customers, in one statement, beside where they stand and how they came there.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import type { CompiledRule, RuleScope } from '../rules/index.ts';
import type { PlacedStage, Standing, Step } from './stage-path.ts';

/** A stage whose rule counts. */
export type StageRule = { stage: PlacedStage; exact: boolean; compile: (scope: RuleScope) => CompiledRule };
/** Which customers: those of a list, or those in a range of ids. */
export type Among = { ids: readonly string[] } | { after: string; upTo: string };
export type Judged = Standing & { customerId: string; version: number; dueAt: Date | null };

type Row = {
  customerId: string;
  version: number;
  stageId: string | null;
  stageSince: Date | null;
  dueAt: Date | null;
  history: { id: string; fromId: string | null; toId: string; at: string; automatic: boolean }[] | null;
  [verdict: `h${number}`]: boolean;
  [since: `s${number}`]: Date | null;
};

/** Predicate on a customer's id. */
export function amongSql(among: Among): (id: Sql) => Sql {
  if ('ids' in among) return (id) => sql`${id} = any(${[...among.ids]}::uuid[])`;
  return (id) => sql`${id} > ${among.after}::uuid and ${id} <= ${among.upTo}::uuid`;
}

/** Judges customers; archived ones and those that are not there are left out. */
export async function judge(db: Queryable, workspaceId: string, rules: readonly StageRule[], among: Among, now: Date): Promise<Judged[]> {
  const rows = await db.query<Row>(judgeSql(workspaceId, rules, among, now));
  return rows.map((row) => ({
    customerId: row.customerId,
    version: row.version,
    stageId: row.stageId,
    stageSince: row.stageSince?.getTime() ?? null,
    dueAt: row.dueAt,
    history: (row.history ?? []).map((step): Step => ({ ...step, at: Date.parse(step.at) })),
    verdicts: rules.flatMap(({ stage, exact }, i) =>
      row[`h${i}`] ? [{ stageId: stage.id, since: row[`s${i}`]?.getTime() ?? null, exact }] : [],
    ),
  }));
}

/** The statement behind `judge`. */
export function judgeSql(workspaceId: string, rules: readonly StageRule[], among: Among, now: Date): Sql {
  const compiled = rules.map(({ compile }, i) => compile({ customer: 'c', workspaceId, now, among: amongSql(among), prefix: `r${i}` }));
  const verdicts = compiled.map(
    ({ holds, since }, i) => sql`${holds} as ${raw(`h${i}`)}, case when ${holds} then (${since})::timestamptz(3) end as ${raw(`s${i}`)}`,
  );
  const dues = compiled.flatMap(({ due }) => (due ? [sql`(${due})::timestamptz`] : []));
  return sql`
    select c.id as "customerId", c.version, c.stage_id as "stageId", c.stage_since as "stageSince",
      ${dues.length > 0 ? sql`least(${join(dues, ', ')})` : sql`null::timestamptz`} as "dueAt", ${join(verdicts, ', ')},
      (select json_agg(json_build_object('id', t.id, 'fromId', t.from_id, 'toId', t.to_id, 'at', t.occurred_at, 'automatic', t.automatic)
          order by t.occurred_at, t.id)
        from lifecycle_transitions t where t.workspace_id = c.workspace_id and t.customer_id = c.id) as history
    from customers c ${join([sql``, ...compiled.flatMap(({ joins }) => joins)], ' ')}
    where c.workspace_id = ${workspaceId}::uuid and c.archived_at is null and ${amongSql(among)(sql`c.id`)}`;
}
