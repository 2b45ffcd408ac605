// Trato as it runs in production: API key, policies, limits and everything else on.
import { join } from 'node:path';
import { encodeTypeId } from '../../../src/lib/typeid.ts';
import { API_KEY, type ReadsDatabase } from '../database.ts';
import { startServer } from '../server.ts';
import { type Client, COUNT_COUNTRY, DEEP_COUNTRY, DEEP_ROWS, type Post, type RequestKey, type World } from '../world.ts';
import { type Answer, tell } from './graphql-tell.ts';

const page = (nested: number) => `(first: $first, after: $after) {
    nodes { id displayName country health tags interactions(first: ${nested}) { nodes { id occurredAt direction subject } } }
    pageInfo { hasNextPage endCursor } } }`;
const deep = `(first: $first, after: $after, filter: { country: { eq: "${DEEP_COUNTRY}" } }, orderBy: [{ field: DISPLAY_NAME }])`;

export const documents: Record<RequestKey, string> = {
  Page20x5: `query Page20x5($first: Int!, $after: String) { customers${page(5)}`,
  Page100x10: `query Page100x10($first: Int!, $after: String) { customers${page(10)}`,
  One: `query One($id: ID!) { customer(by: { id: $id }) { id displayName country city health tags createdAt owner { id name email } } }`,
  Deep: `query Deep($first: Int!, $after: String) { customers${deep} { nodes { id displayName country health createdAt } pageInfo { hasNextPage endCursor } } }`,
  Timeline: `query Timeline($id: ID!) { customer(by: { id: $id }) { id timeline(first: 20) { nodes { at type node { __typename
    ... on Interaction { id subject direction occurredAt } ... on Conversation { id subject status } ... on Preference { id topic value }
    ... on Need { id topic value } ... on LifecycleTransition { id reason occurredAt } ... on Relationship { id title } } }
    pageInfo { hasNextPage endCursor } } } }`,
  Count: `query Count { customers(filter: { country: { eq: "${COUNT_COUNTRY}" } }) { totalCount(upTo: 1000000) { value isExact } } }`,
};

/** Limits stay on, but none is met: what is measured is answers, not refusals. */
const limits = {
  TRATO_COST_BUDGET: '999999999',
  TRATO_COST_RESTORE: '999999999',
  TRATO_COST_MAXIMUM: '1000000',
};

/** Starts Trato on the seeded database. */
export function startTrato({ url, folder }: ReadsDatabase, flags: string[] = []) {
  const env = {
    DATABASE_URL: url,
    TRATO_DATA_DIR: join(folder, 'trato'),
    TRATO_API_KEY: API_KEY,
    TRATO_DEMO: '0',
    TRATO_LOG_LEVEL: 'error',
  };
  return startServer(join(import.meta.dirname, '../../../src/main.ts'), { ...env, ...limits }, '/readyz', flags);
}

/** The cursor after `rows` rows of the list that `document` reads; null before the first. */
export async function cursorAfter(post: Post, document: string, rows: number): Promise<string | null> {
  let after: string | null = null;
  for (let left = rows; left > 0; left -= 100) {
    const data = await post({ query: document, variables: { first: Math.min(left, 100), after } });
    after = (data as { customers: { pageInfo: { endCursor: string } } }).customers.pageInfo.endCursor;
  }
  return after;
}

async function variables(key: RequestKey, world: World, post: Post): Promise<object[]> {
  const byId = (ids: string[]) => ids.map((id) => ({ id: encodeTypeId('customer', id) }));
  if (key === 'One') return byId(world.customers);
  if (key === 'Timeline') return byId(world.withTimeline);
  if (key === 'Deep') return [{ first: 20, after: await cursorAfter(post, documents.Deep, DEEP_ROWS) }];
  if (key === 'Count') return [{}];
  return [{ first: key === 'Page20x5' ? 20 : 100, after: null }];
}

export const trato: Client = {
  name: 'Trato',
  path: '/graphql',
  headers: { authorization: `Bearer ${API_KEY}` },
  start: (database) => startTrato(database, process.env.BENCH_TRATO_FLAGS?.split(' ')),
  bodies: async (key, world, post) =>
    (await variables(key, world, post)).map((given) => ({ operationName: key, query: documents[key], variables: given })),
  tell: (key, data: Answer) => tell(key, data),
};
