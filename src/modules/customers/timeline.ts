// Customer.timeline: everything that happened to a customer in one keyset connection, newest first. Modules add their sources.
import type { GraphQLObjectType } from 'graphql';
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import { type CursorValues, decodeCursor, fingerprint, fitsType } from '../../query/cursor.ts';
import { entityNamed } from '../../query/entity.ts';
import { cursorSql } from '../../query/entity-list.ts';
import { entityRowSql } from '../../query/entity-plans.ts';
import { isArchivable } from '../../query/filter.ts';
import type { ListPlan } from '../../query/list-plan.ts';
import { type PageArgs, pageDirection } from '../../query/page.ts';
import { columnsAt, newAlias, type Place } from '../../query/plan.ts';
import { hidesColumn, mayRead, rowPolicy } from '../../query/policy.ts';
import { columnsOfAlias, tableOf } from '../../query/sql.ts';
import { literal, perRun, slot } from '../../query/template.ts';

type Source = { entity: string; customerId: string; at: string };

const sources: Source[] = [];

/** Adds an entity to the timeline, archived rows left out: `customerId` is its column with the customer, `at` the one with the time. An index on (workspace, customer, at, id) must serve it. */
export function addTimelineSource(source: Source): void {
  sources.push(source);
}

/** Names of the entities in the timeline. */
export function timelineEntities(): string[] {
  return [...new Set(sources.map((source) => source.entity))];
}

// The reader's role decides which sources there are: what it may not read does not show, not even as a gap.
function visibleSources(viewer: Viewer, types: string[] | null): Source[] {
  const tells = (entity: string, column: string) => !hidesColumn(viewer, entityNamed(entity), column);
  return sources.filter(
    ({ entity, at, customerId }) =>
      mayRead(viewer, entityNamed(entity)) && tells(entity, at) && tells(entity, customerId) && (!types || types.includes(entity)),
  );
}

type Page = { beyond: Sql | null; order: Sql; limit: number };

function sourceSql(viewer: Viewer, source: Source, parent: Sql, { beyond, order, limit }: Page): Sql {
  const c = columnsOfAlias(source.entity, 's');
  const entity = entityNamed(source.entity);
  const kept = isArchivable(entity) ? sql`${c('archivedAt')} is null` : sql`true`;
  return sql`(select ${raw(`'${source.entity}'::text`)} as entity, s.id, ${c(source.at)} as at from ${tableOf(source.entity)} s
    where ${rowPolicy(viewer, entity, 's')} and ${kept} and ${c(source.customerId)} = ${parent}${beyond ? sql` and (${c(source.at)}, s.id) ${beyond}` : sql``}
    order by ${c(source.at)} ${order}, s.id ${order} limit ${literal(limit)})`;
}

const nothing = sql`select null::text as entity, null::uuid as id, null::timestamptz as at where false`;

/** The timeline of the customer at a place; `entityOfType` names the entity of a value of its argument `types`. */
export function timelineList(place: Place, entityOfType: (type: string) => string): ListPlan {
  const row = newAlias(place.build);
  const parent = columnsAt(place)('id');
  const state = perRun((run) => {
    const args = place.field.args(run) as PageArgs & { types?: string[] | null };
    const types = args.types?.map(entityOfType) ?? null;
    const { backward, limit, cursor } = pageDirection(args);
    const print = fingerprint(['timeline', types]);
    const from = cursor === null ? null : decodeCursor(cursor, print, [fitsType('timestamptz'), fitsType('uuid')]);
    return { backward, limit, print, from, visible: visibleSources(run.viewer, types) };
  });
  const union = (viewer: Viewer, visible: Source[], page: Page) =>
    visible.length === 0
      ? nothing
      : join(
          visible.map((source) => sourceSql(viewer, source, parent, page)),
          ' union all ',
        );
  return {
    row,
    entity: null,
    window: (run) => {
      const { backward, limit, from } = state(run);
      return { backward, limit, asked: from !== null };
    },
    rows(run, limit) {
      const { backward, from, visible } = state(run);
      const order = raw(backward ? 'asc' : 'desc');
      const page = { beyond: beyondSql(from, backward), order, limit };
      return sql`select * from (${union(run.viewer, visible, page)}) ${raw(row)} order by at ${order}, id ${order} limit ${literal(limit)}`;
    },
    cursor: slot((run) => {
      const c = (name: string) => raw(`${row}.${name}`);
      return cursorSql(state(run).print, [sql`to_json(${c('at')}::text)::text`, sql`'"' || ${c('id')} || '"'`]);
    }),
    count: (run, limit) =>
      sql`select from (${union(run.viewer, state(run).visible, { beyond: null, order: raw('desc'), limit })}) u limit ${literal(limit)}`,
  };
}

function beyondSql(from: CursorValues | null, backward: boolean): Sql | null {
  return from === null ? null : sql`${raw(backward ? '>' : '<')} (${from[0]}::timestamptz, ${from[1]}::uuid)`;
}

/** What happened, of whichever type it is; its table is asked again, under its own policy. */
export function timelineNodePlan(place: Place): Sql {
  const c = columnsAt(place);
  const cases = timelineEntities().flatMap((name) => {
    const type = place.build.schema.getType(name) as GraphQLObjectType;
    const entity = entityNamed(name);
    return mayRead(place.build, entity) ? [sql`when ${raw(`'${name}'`)} then ${entityRowSql(place, entity, c('id'), type)}`] : [];
  });
  return cases.length === 0 ? sql`null::json` : sql`case ${c('entity')} ${join(cases, ' ')} end`;
}
