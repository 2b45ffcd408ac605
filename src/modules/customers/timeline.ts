// Customer.timeline: everything that happened to a customer in one keyset connection, newest first. Modules add their sources.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { BoundedCount } from '../../query/aggregate.ts';
import { type CursorValues, decodeCursor, encodeCursor, fingerprint, fitsType } from '../../query/cursor.ts';
import { entityNamed } from '../../query/entity.ts';
import { isArchivable } from '../../query/filter.ts';
import { type PageArgs, pageDirection } from '../../query/page.ts';
import { hidesColumn, mayRead, rowPolicy } from '../../query/policy.ts';
import type { Reader } from '../../query/reader.ts';
import { columnsOfAlias, tableOf } from '../../query/sql.ts';

type Source = { entity: string; customerId: string; at: string };
export type TimelineItem = { entity: string; id: string; at: Date };
export type TimelinePage = { rows: TimelineItem[]; cursors: string[]; hasNextPage: boolean; hasPreviousPage: boolean };

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
function visibleSources(viewer: Viewer, types: string[] | null | undefined): Source[] {
  const tells = (entity: string, column: string) => !hidesColumn(viewer, entityNamed(entity), column);
  return sources.filter(
    ({ entity, at, customerId }) =>
      mayRead(viewer, entityNamed(entity)) && tells(entity, at) && tells(entity, customerId) && (!types || types.includes(entity)),
  );
}

function sourceSql(
  viewer: Viewer,
  source: Source,
  parent: Sql,
  bound: (at: Sql, type: Sql, id: Sql) => Sql,
  order: Sql,
  limit: number,
): Sql {
  const c = columnsOfAlias(source.entity, 's');
  const type = raw(`'${source.entity}'::text`);
  const entity = entityNamed(source.entity);
  const kept = isArchivable(entity) ? sql`${c('archivedAt')} is null` : sql`true`;
  return sql`(select ${type} as entity, ${c('id')} as id, ${c(source.at)} as at from ${tableOf(source.entity)} s
    where ${rowPolicy(viewer, entity, 's')} and ${kept} and ${c(source.customerId)} = ${parent} and ${bound(c(source.at), type, c('id'))}
    order by ${c(source.at)} ${order}, ${c('id')} ${order} limit ${raw(String(limit))})`;
}

const unbounded = () => sql`true`;

/** A page of a customer's timeline; batched over customers by the caller's `reader.batch`. */
export async function readTimelines(
  reader: Reader,
  args: PageArgs & { types?: string[] | null },
  customers: readonly string[],
): Promise<TimelinePage[]> {
  const { viewer, db } = reader;
  const { backward, limit, cursor } = pageDirection(args);
  const print = fingerprint(['timeline', args.types ?? null]);
  const from: CursorValues | null = cursor === null ? null : decodeCursor(cursor, print, [fitsType('timestamptz'), fitsType('uuid')]);
  const order = raw(backward ? 'asc' : 'desc');
  const beyond = raw(backward ? '>' : '<');
  const bound =
    from === null ? unbounded : (at: Sql, _type: Sql, id: Sql) => sql`(${at}, ${id}) ${beyond} (${from[0]}::timestamptz, ${from[1]}::uuid)`;
  const parts = visibleSources(viewer, args.types).map((source) => sourceSql(viewer, source, sql`p.id`, bound, order, limit + 1));
  const distinct = [...new Set(customers)];
  const rows =
    parts.length === 0
      ? []
      : await db.query<
          TimelineItem & { parent: string; at_text: string }
        >(sql`select p.id as parent, x.*, x.at::text as at_text from unnest(${distinct}::uuid[]) as p(id)
          cross join lateral (select * from (${join(parts, ' union all ')}) u order by at ${order}, id ${order} limit ${raw(String(limit + 1))}) x`);
  const byParent = Map.groupBy(rows, (row) => row.parent);
  return customers.map((customer) => {
    const found = byParent.get(customer) ?? [];
    const more = found.length > limit;
    const kept = found.slice(0, limit);
    if (backward) kept.reverse();
    return {
      rows: kept,
      cursors: kept.map((row) => encodeCursor(print, [row.at_text, row.id])),
      hasNextPage: backward ? cursor !== null : more,
      hasPreviousPage: backward ? more : cursor !== null,
    };
  });
}

/** How much a timeline holds, counted no further than `upTo`. */
export async function countTimelines(
  reader: Reader,
  types: string[] | null | undefined,
  upTo: number,
  customers: readonly string[],
): Promise<BoundedCount[]> {
  const parts = visibleSources(reader.viewer, types).map((source) =>
    sourceSql(reader.viewer, source, sql`p.id`, unbounded, raw('desc'), upTo + 1),
  );
  if (parts.length === 0) return customers.map(() => ({ value: 0, isExact: true }));
  const rows = await reader.db.query<{
    parent: string;
    count: bigint;
  }>(sql`select p.id as parent, x.count from unnest(${[...new Set(customers)]}::uuid[]) as p(id)
    cross join lateral (select count(*) as count from (select from (${join(parts, ' union all ')}) u limit ${raw(String(upTo + 1))}) c) x`);
  const byParent = new Map(rows.map((row) => [row.parent, Number(row.count)]));
  return customers.map((customer) => {
    const count = byParent.get(customer) ?? 0;
    return { value: Math.min(count, upTo), isExact: count <= upTo };
  });
}
