// A list walked from one end to the other, page by page: each page must be the oracle's, also where sort values tie or are null.
import type { GraphQLSchema } from 'graphql';
import { allEntities, type Entity } from '../../src/query/entity.ts';
import { orderOf } from './generate/arguments.ts';
import type { Coverage } from './generate/coverage.ts';
import { filterOf } from './generate/filters.ts';
import type { Maker } from './generate/maker.ts';
import type { Pools } from './generate/pools.ts';
import type { Random } from './random.ts';
import type { Case } from './shrink.ts';
import type { NamedViewer } from './viewers.ts';

type Parts = { random: Random; schema: GraphQLSchema; pools: Pools; coverage: Coverage };
type PageInfo = { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };

const MOST_PAGES = 15;

/** One page after the other, as cases; `next` is given what the page before it answered. */
export type Walk = { first: Case; next(data: unknown): Case | null };

/** A walk through some list of the API, in some order and direction. */
export function startWalk(parts: Parts, viewer: NamedViewer): Walk {
  const { random, pools } = parts;
  const maker: Maker = { ...parts, variables: [], fragments: [], left: 0, names: 0 };
  // Custom attributes are what lists are ordered by that may be null.
  const lists = allEntities().filter(({ plural }) => plural);
  const entity: Entity = random.pick(random.chance(0.6) ? lists.filter(({ attributes }) => attributes) : lists);
  const backward = random.chance(0.4);
  const chosen: Record<string, unknown> = {
    size: Math.max(1, Math.ceil(pools.rows(entity.name).length / random.int(3, MOST_PAGES - 2))),
    ...(random.chance(0.3) && { filter: filterOf(maker, entity, 2) }),
    ...(random.chance(0.85) && { orderBy: orderOf(maker, entity, 0.7) }),
  };
  const page = backward ? 'last: $size, before: $cursor' : 'first: $size, after: $cursor';
  const query = `query ($size: Int, $cursor: String, $filter: ${entity.name}Filter, $orderBy: [${entity.name}Order!]) {
    list: ${entity.plural}(${page}, filter: $filter, orderBy: $orderBy) {
      totalCount { value } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const at = (cursor: string | null): Case => ({ viewer, asked: { query, operationName: undefined, variables: { ...chosen, cursor } } });
  let pages = 1;
  return {
    first: at(null),
    next(data) {
      const info = (data as { list: { pageInfo: PageInfo } } | null)?.list.pageInfo;
      if (!info || pages++ >= MOST_PAGES) return null;
      const cursor = backward ? info.hasPreviousPage && info.startCursor : info.hasNextPage && info.endCursor;
      return cursor ? at(cursor) : null;
    },
  };
}
