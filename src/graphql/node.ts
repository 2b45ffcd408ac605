// node(id) and nodes(ids): any entity by its global id.
import { isObjectType } from 'graphql';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { type Entity, entityNamed } from '../query/entity.ts';
import { entityRowSql } from '../query/entity-plans.ts';
import { guarded, newAlias, type Place } from '../query/plan.ts';
import { mayRead } from '../query/policy.ts';
import { perRun, type Run, slot } from '../query/template.ts';
import { builder } from './builder.ts';
import { NodeRef } from './common-types.ts';
import { apiError } from './errors.ts';
import { decodeAnyId } from './ids.ts';
import { plannedRoot } from './planned.ts';

export const MAX_NODES = 100;

type Named = { entity: string; uuid: string };

function named(id: string): Named {
  const found = decodeAnyId(id);
  if (!found) throw apiError('ID_INVALID', 'Not an id of this API: ids look like customer_01….');
  return found;
}

/** What is selected of a row of this entity, out of what is selected of a Node. An entity the role may not read looks like one that is not there: an id must not tell which. */
function nodeSql(place: Place, entity: Entity, id: Sql): Sql {
  const type = place.build.schema.getType(entity.name);
  if (!isObjectType(type) || !mayRead(place.build, entity)) return sql`null::json`;
  return entityRowSql(place, entity, id, type);
}

/** The types of ids that can be read, in one order. */
function typesOf(ids: readonly unknown[]): string[] {
  return [...new Set(ids.flatMap((id) => decodeAnyId(String(id))?.entity ?? []))].sort();
}

function onePlan(place: Place): Sql {
  const of = perRun((run) => named(String(place.field.args(run).id)));
  // The statement is compiled anew for every type that is asked for: its shape says so.
  const [type] = place.shape!;
  const row = type
    ? nodeSql(
        place,
        entityNamed(type),
        slot((run) => sql`${of(run).uuid}::uuid`),
      )
    : sql`null::json`;
  return guarded((run) => {
    of(run);
    return row;
  });
}

function manyPlan(place: Place): Sql {
  const ids = (run: Run) => place.field.args(run).ids as string[];
  const list = newAlias(place.build);
  const column = (name: string) => raw(`${list}.${name}`);
  const whens = place.shape!.map((name) => sql`when ${column('type')} = ${name} then ${nodeSql(place, entityNamed(name), column('id'))}`);
  const value = whens.length > 0 ? sql`case ${join(whens, ' ')} end` : sql`null::json`;
  const rows = slot((run) => {
    const found = ids(run).map((id) => decodeAnyId(String(id)));
    return sql`unnest(${found.map((one) => one?.uuid ?? null)}::uuid[], ${found.map((one) => one?.entity ?? null)}::text[]) with ordinality as ${raw(list)}(id, type, place)`;
  });
  return guarded((run) => {
    const count = ids(run).length;
    if (count > MAX_NODES) {
      throw apiError('BAD_USER_INPUT', `nodes takes at most ${MAX_NODES} ids.`, { limit: 'nodes', value: count, maximum: MAX_NODES });
    }
    const malformed = ids(run).some((id) => !decodeAnyId(String(id)));
    const item = malformed
      ? sql`case when ${column('id')} is null then ${run.mark(apiError('ID_INVALID', 'Not an id of this API: ids look like customer_01….'))} else ${value} end`
      : value;
    return sql`(select coalesce(json_agg(${item} order by ${column('place')}), '[]'::json) from ${rows})`;
  });
}

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef as never,
    nullable: true,
    description: 'Anything by its global id; null when there is nothing or the role does not see it.',
    args: { id: t.arg.id({ required: true, description: 'Global id.' }) },
    ...plannedRoot(onePlan, ({ id }) => typesOf([id])),
  }),
  nodes: t.field({
    type: [NodeRef] as never,
    nullable: { list: false, items: true } as never,
    description: `Several things by their global ids, in the same order, at most ${MAX_NODES}.`,
    args: { ids: t.arg.idList({ required: true, description: 'Global ids.' }) },
    ...plannedRoot(manyPlan, ({ ids }) => typesOf(ids as string[])),
  }),
}));
