// The two peers with hand-written SQL: raw HTTP JSON, and bare Apollo over the same statements.
import { join } from 'node:path';
import { startServer } from '../server.ts';
import { type Client, COUNT_COUNTRY, DEEP_COUNTRY, type RequestKey, type World } from '../world.ts';
import { type Answer, tell } from './graphql-tell.ts';

const page = `{ nodes { id displayName country health tags interactions { nodes { id occurredAt direction subject } } } pageInfo { hasNextPage endCursor } } }`;
const documents: Record<RequestKey, string> = {
  Page20x5: `query Page20x5 { customers(first: 20, nested: 5) ${page}`,
  Page100x10: `query Page100x10 { customers(first: 100, nested: 10) ${page}`,
  One: `query One($id: ID!) { customer(id: $id) { id displayName country city health tags createdAt owner { id name email } } }`,
  Deep: `query Deep($country: String!, $afterName: String!, $afterId: ID!) { customers(first: 20, country: $country, afterName: $afterName, afterId: $afterId) {
    nodes { id displayName country health createdAt } pageInfo { hasNextPage endCursor } } }`,
  Timeline: `query Timeline($id: ID!) { customer(id: $id) { id timeline { nodes { at type node { __typename
    ... on Interaction { id subject direction occurredAt } ... on Conversation { id subject status } ... on Preference { id topic value }
    ... on Need { id topic value } ... on LifecycleTransition { id reason occurredAt } ... on Relationship { id title } } }
    pageInfo { hasNextPage endCursor } } } }`,
  Count: `query Count($country: String!) { customers(country: $country) { totalCount { value isExact } } }`,
};

function variables(key: RequestKey, { customers, withTimeline, before }: World): object[] {
  if (key === 'One') return customers.map((id) => ({ id }));
  if (key === 'Timeline') return withTimeline.map((id) => ({ id }));
  if (key === 'Deep') return [{ country: DEEP_COUNTRY, afterName: before.displayName, afterId: before.id }];
  return key === 'Count' ? [{ country: COUNT_COUNTRY }] : [{}];
}

function handwritten(name: string, file: string): Client {
  return {
    name,
    path: '/',
    headers: {},
    start: ({ url, workspaceId }) =>
      startServer(join(import.meta.dirname, '../peers', file), { DATABASE_URL: url, WORKSPACE_ID: workspaceId }, '/'),
    bodies: async (key, world) => variables(key, world).map((given) => ({ operationName: key, query: documents[key], variables: given })),
    tell: (key, data: Answer) => tell(key, data),
  };
}

export const raw = handwritten('raw HTTP JSON', 'raw.mjs');
export const apollo = handwritten('bare Apollo', 'apollo.mjs');
