// Conditions on what belongs to a customer: identities, preferences, needs and memberships of segments.
import sql, { type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { allOf } from '../../query/sql.ts';
import { beginsWith, endsWith, sameWord } from './operators.ts';
import { type Facts, factColumn, type Part, type Scope, workspaceSql } from './scope.ts';

/** Whether there are such facts, or none. */
function presence(scope: Scope, facts: Facts, none: boolean, since: Sql, value: Sql): Part {
  const number = factColumn(scope, facts, sql`count(*)`);
  return {
    holds: none ? sql`(${number} is null)` : sql`(${number} is not null)`,
    dues: [],
    since: none ? null : factColumn(scope, facts, since),
    value: () => sql`coalesce(${factColumn(scope, facts, value)}, '[]'::jsonb)`,
  };
}

export function compileIdentity(scope: Scope, given: JsonObject): Part {
  const value = (given.value ?? {}) as JsonObject;
  const facts: Facts = {
    from: sql`identities d`,
    customer: sql`d.customer_id`,
    where: allOf([
      sql`d.workspace_id = ${workspaceSql(scope)}`,
      given.kind == null ? null : sql`d.kind = ${given.kind as string}::identity_kind`,
      given.system == null ? null : sql`d.system = ${given.system as string}`,
      given.verified == null ? null : sql`d.verified = ${given.verified as boolean}`,
      value.eq == null ? null : sameWord(sql`d.value`, value.eq as string),
      value.startsWith == null ? null : beginsWith(sql`d.value`, value.startsWith as string),
      value.endsWith == null ? null : endsWith(sql`d.value`, value.endsWith as string),
    ]),
  };
  return presence(scope, facts, given.none === true, sql`min(d.created_at)`, sql`to_jsonb((array_agg(d.value order by d.value))[1:5])`);
}

export const compilePreference = (scope: Scope, given: JsonObject): Part => knowledge(scope, sql`preferences`, given, null);

export const compileNeed = (scope: Scope, given: JsonObject): Part =>
  knowledge(scope, sql`needs`, given, given.met == null ? null : given.met ? sql`k.met_at is not null` : sql`k.met_at is null`);

function knowledge(scope: Scope, table: Sql, given: JsonObject, met: Sql | null): Part {
  const facts: Facts = {
    from: sql`${table} k`,
    customer: sql`k.customer_id`,
    where: allOf([
      sql`k.workspace_id = ${workspaceSql(scope)}`,
      sql`k.archived_at is null`,
      given.topic == null ? null : sameWord(sql`k.topic`, given.topic as string),
      given.value == null ? null : sameWord(sql`k.value`, given.value as string),
      met,
    ]),
  };
  return presence(scope, facts, given.none === true, sql`min(k.observed_at)`, sql`to_jsonb((array_agg(k.value order by k.value))[1:5])`);
}

export function compileSegment(scope: Scope, given: JsonObject): Part {
  const segments = (given.in ?? given.notIn) as string[];
  const facts: Facts = {
    from: sql`segment_memberships m`,
    customer: sql`m.customer_id`,
    where: sql`m.workspace_id = ${workspaceSql(scope)} and m.segment_id = any(${segments}::uuid[]) and m.left_at is null`,
  };
  const names = sql`(select to_jsonb(array_agg(s.key order by s.key)) from segments s
    where s.workspace_id = ${workspaceSql(scope)} and s.id = any(array_agg(m.segment_id)))`;
  return presence(scope, facts, given.in == null, sql`min(m.entered_at)`, names);
}
