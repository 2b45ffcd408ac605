// Conditions on the customers that a customer is tied to: the rule about them runs inside, once for all ties.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';
import { certain, type Facts, factColumn, joinsOf, leastOf, openScope, type Part, type Scope, todaySql, workspaceSql } from './scope.ts';

type CompileNode = (scope: Scope, rule: JsonObject) => Part;

const ENDS = {
  FROM: [['from_id', 'to_id']],
  TO: [['to_id', 'from_id']],
  ANY: [
    ['from_id', 'to_id'],
    ['to_id', 'from_id'],
  ],
} as const;

export function compileRelationship(scope: Scope, given: JsonObject, compileNode: CompileNode): Part {
  const prefix = `${scope.prefix}r${scope.gathered.size}_`;
  const other = `${prefix}c`;
  const active = given.activeOnly !== false;
  const inner = openScope({
    customer: other,
    workspaceId: scope.workspaceId,
    now: scope.now,
    among: scope.among && ((id) => sql`${id} in (select t.far_id from (${ties(scope, given)}) t)`),
    prefix,
  });
  const rule = given.other == null ? null : compileNode(inner, given.other as JsonObject);
  const joins = joinsOf(inner);
  const facts: Facts = {
    from: sql`(${ties(scope, given)}) t join customers ${raw(other)} on ${raw(other)}.workspace_id = ${workspaceSql(scope)}
      and ${raw(other)}.id = t.far_id and ${raw(other)}.archived_at is null ${join([sql``, ...joins], ' ')}`,
    customer: sql`t.near_id`,
    where: sql`true`,
  };
  const fits = rule?.holds ?? sql`true`;
  const holds = factColumn(scope, facts, sql`bool_or(${fits})`);
  const ending = active ? [sql`(t.until + 1)::timestamp at time zone 'UTC'`] : [];
  const due = leastOf([...ending, ...(rule?.dues ?? [])]);
  const since = sql`min(greatest(t.since::timestamp at time zone 'UTC', ${rule?.since ?? sql`null`})) filter (where ${fits})`;
  return {
    holds: certain(holds),
    dues: due ? [factColumn(scope, facts, sql`min(${due})`)] : [],
    since: factColumn(scope, facts, since),
    value: () =>
      factColumn(
        scope,
        facts,
        sql`jsonb_build_object('ties', count(*), 'fitting', count(*) filter (where ${fits}),
      'customers', to_jsonb((array_agg(${raw(other)}.display_name order by ${raw(other)}.id) filter (where ${fits}))[1:5]))`,
      ),
  };
}

/** The ties of the judged customers, each with its near and its far end. */
function ties(scope: Scope, { kind, direction, activeOnly }: JsonObject): Sql {
  const ends = ENDS[(direction as keyof typeof ENDS | undefined) ?? 'ANY'];
  const selects = ends.map(([near, far]) => {
    const nearId = raw(`r.${near}`);
    const conditions = allOf([
      sql`r.workspace_id = ${workspaceSql(scope)}`,
      kind == null ? null : sql`r.kind_id = ${kind as string}::uuid`,
      sql`r.archived_at is null`,
      // As in the relationships: what has not begun yet counts, what ended before today does not.
      activeOnly === false ? null : sql`(r.until is null or r.until >= ${todaySql(scope)})`,
      scope.among?.(nearId),
    ]);
    return sql`select ${nearId} as near_id, ${raw(`r.${far}`)} as far_id, r.since, r.until from relationships r where ${conditions}`;
  });
  return join(selects, ' union all ');
}
