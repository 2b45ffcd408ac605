// PostGraphile 5, asked in the words of the schema that it makes from Trato's tables.
import { join } from 'node:path';
import { startServer } from '../server.ts';
import { type Client, COUNT_COUNTRY, DEEP_COUNTRY, DEEP_ROWS, type Post, type RequestKey, type World } from '../world.ts';
import { things } from './graphql-tell.ts';

const page = (nested: number) => `{ nodes { rowId displayName country health tags
    interactionsByWorkspaceIdAndCustomerId(first: ${nested}, orderBy: [OCCURRED_AT_DESC, ROW_ID_DESC]) { nodes { rowId occurredAt direction subject } } }
    pageInfo { hasNextPage endCursor } } }`;
const one = `customerByWorkspaceIdAndRowId(workspaceId: $workspaceId, rowId: $id)`;
const deep = `condition: { workspaceId: $workspaceId, country: "${DEEP_COUNTRY}", archivedAt: null }, orderBy: [DISPLAY_NAME_ASC]`;
const newest = (column: string) => `(first: 20, orderBy: [${column}_DESC])`;

const documents: Record<RequestKey, string> = {
  Page20x5: `query Page20x5 { allCustomers(first: 20, condition: { archivedAt: null }) ${page(5)}`,
  Page100x10: `query Page100x10 { allCustomers(first: 100, condition: { archivedAt: null }) ${page(10)}`,
  One: `query One($workspaceId: UUID!, $id: UUID!) { ${one} { rowId displayName country city health tags createdAt userByWorkspaceIdAndOwnerId { rowId name email } } }`,
  Deep: `query Deep($workspaceId: UUID!, $after: Cursor) { allCustomers(first: 20, after: $after, ${deep}) {
    nodes { rowId displayName country health createdAt } pageInfo { hasNextPage endCursor } } }`,
  Timeline: `query Timeline($workspaceId: UUID!, $id: UUID!) { ${one} { rowId
    Interaction: interactionsByWorkspaceIdAndCustomerId${newest('OCCURRED_AT')} { nodes { rowId subject direction occurredAt } }
    Conversation: conversationsByWorkspaceIdAndCustomerId${newest('CREATED_AT')} { nodes { rowId createdAt subject status } }
    Preference: preferencesByWorkspaceIdAndCustomerId${newest('OBSERVED_AT')} { nodes { rowId observedAt topic value } }
    Need: needsByWorkspaceIdAndCustomerId${newest('OBSERVED_AT')} { nodes { rowId observedAt topic value } }
    LifecycleTransition: lifecycleTransitionsByWorkspaceIdAndCustomerId${newest('OCCURRED_AT')} { nodes { rowId reason occurredAt } }
    From: relationshipsByWorkspaceIdAndFromId${newest('CREATED_AT')} { nodes { rowId createdAt title } }
    To: relationshipsByWorkspaceIdAndToId${newest('CREATED_AT')} { nodes { rowId createdAt title } } } }`,
  Count: `query Count($workspaceId: UUID!) { allCustomers(condition: { workspaceId: $workspaceId, country: "${COUNT_COUNTRY}", archivedAt: null }) { totalCount } }`,
};

async function variables(key: RequestKey, { workspaceId, customers, withTimeline }: World, post: Post): Promise<object[]> {
  if (key === 'One') return customers.map((id) => ({ workspaceId, id }));
  if (key === 'Timeline') return withTimeline.map((id) => ({ workspaceId, id }));
  if (key !== 'Deep') return [key === 'Count' ? { workspaceId } : {}];
  const query = `query ($workspaceId: UUID!) { allCustomers(first: 1, offset: ${DEEP_ROWS - 1}, ${deep}) { pageInfo { endCursor } } }`;
  const data = (await post({ query, variables: { workspaceId } })) as { allCustomers: { pageInfo: { endCursor: string } } };
  return [{ workspaceId, after: data.allCustomers.pageInfo.endCursor }];
}

type Nodes<Node> = { nodes: Node[] };
type Customer = {
  displayName: string;
  userByWorkspaceIdAndOwnerId: { name: string };
  interactionsByWorkspaceIdAndCustomerId: Nodes<{ subject: string }>;
};
type Customers = Nodes<Customer> & { pageInfo: { hasNextPage: boolean }; totalCount: number };
type Answer = { allCustomers: Customers; customerByWorkspaceIdAndRowId: unknown };

function tell(key: RequestKey, { allCustomers: list, customerByWorkspaceIdAndRowId: found }: Answer): unknown {
  if (key === 'One') return [(found as Customer).displayName, (found as Customer).userByWorkspaceIdAndOwnerId.name];
  if (key === 'Count') return list.totalCount;
  if (key === 'Deep') return [list.nodes.map((node) => node.displayName), list.pageInfo.hasNextPage];
  if (key === 'Timeline') return things(found as Record<string, unknown>);
  return [
    list.nodes.map((node) => [node.displayName, node.interactionsByWorkspaceIdAndCustomerId.nodes.map((of) => of.subject)]),
    list.pageInfo.hasNextPage,
  ];
}

export const postgraphile: Client = {
  name: 'PostGraphile 5',
  path: '/graphql',
  headers: {},
  start: ({ url }) =>
    startServer(join(import.meta.dirname, '../peers/postgraphile.mjs'), { DATABASE_URL: url, GRAPHILE_ENV: 'production' }, '/ready'),
  bodies: async (key, world, post) =>
    (await variables(key, world, post)).map((given) => ({ operationName: key, query: documents[key], variables: given })),
  tell: (key, data: Answer) => tell(key, data),
};
