// Stock Pothos + Prisma, with the schema of `peers/pothos.mjs`.
import { join } from 'node:path';
import { generatePrismaClient } from '../prisma-client.ts';
import { startServer } from '../server.ts';
import { type Client, COUNT_COUNTRY, DEEP_COUNTRY, type RequestKey, type World } from '../world.ts';
import { type Answer, tell, things } from './graphql-tell.ts';

const page = (
  nested: number,
) => `{ nodes { id displayName country health tags interactions(first: ${nested}) { nodes { id occurredAt direction subject } } }
    pageInfo { hasNextPage endCursor } } }`;
const documents: Record<RequestKey, string> = {
  Page20x5: `query Page20x5 { customers(first: 20) ${page(5)}`,
  Page100x10: `query Page100x10 { customers(first: 100) ${page(10)}`,
  One: `query One($id: ID!) { customer(id: $id) { id displayName country city health tags createdAt owner { id name email } } }`,
  Deep: `query Deep($after: String!) { customers(first: 20, after: $after, country: "${DEEP_COUNTRY}", byName: true) {
    nodes { id displayName country health createdAt } pageInfo { hasNextPage endCursor } } }`,
  Timeline: `query Timeline($id: ID!) { customer(id: $id) { id
    Interaction: newestInteractions { id subject direction occurredAt } Conversation: conversations { id createdAt subject status }
    Preference: preferences { id observedAt topic value } Need: needs { id observedAt topic value }
    LifecycleTransition: transitions { id reason occurredAt }
    From: relationshipsFrom { id createdAt title } To: relationshipsTo { id createdAt title } } }`,
  Count: `query Count { customers(country: "${COUNT_COUNTRY}") { totalCount } }`,
};

function variables(key: RequestKey, { workspaceId, customers, withTimeline, before }: World): object[] {
  if (key === 'One') return customers.map((id) => ({ id }));
  if (key === 'Timeline') return withTimeline.map((id) => ({ id }));
  if (key !== 'Deep') return [{}];
  // Its cursors are the parts of the row's key.
  return [{ after: btoa(`GPC:T:${JSON.stringify([`S:${workspaceId}`, `S:${before.id}`])}`) }];
}

export const pothos: Client = {
  name: 'Pothos + Prisma',
  path: '/',
  headers: {},
  start: async ({ url, workspaceId, folder }) => {
    const env = { DATABASE_URL: url, WORKSPACE_ID: workspaceId, PRISMA_CLIENT: await generatePrismaClient(folder) };
    return startServer(join(import.meta.dirname, '../peers/pothos.mjs'), env, '/');
  },
  bodies: async (key, world) => variables(key, world).map((given) => ({ operationName: key, query: documents[key], variables: given })),
  tell(key, data: Answer) {
    if (key === 'Timeline') return things(data.customer as unknown as Record<string, unknown>);
    return key === 'Count' ? data.customers.totalCount : tell(key, data);
  },
};
