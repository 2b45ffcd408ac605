// urql and the graphql-ws client against a running server.
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient, type Client as SocketClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../support/eventually.ts';
import type { TestServer } from '../support/server.ts';
import { contact, NAMES, startWorld } from './world.ts';

let server: TestServer;
let sockets: SocketClient;
let client: Client;
beforeAll(async () => {
  server = await startWorld();
  const authorization = `Bearer ${server.adminKey}`;
  sockets = createClient({ url: server.wsUrl, webSocketImpl: WebSocket, connectionParams: { authorization } });
  client = new Client({
    url: server.url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ ...request, query: request.query || '' }, sink) }),
        }),
      }),
    ],
  });
});
afterAll(async () => {
  await sockets?.dispose();
  await server?.stop();
});

const PAGE = gql`query ($first: Int!, $after: String) {
  customers(first: $first, after: $after, orderBy: [{ field: DISPLAY_NAME, direction: ASC }]) {
    nodes { id displayName } pageInfo { hasNextPage endCursor }
  }
}`;
const RECORD = gql`mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id subject } userErrors { code } } }`;

test('urql: queries page by page, and errors with their codes', async () => {
  const names: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const { data, error } = await client.query(PAGE, { first: 2, after }).toPromise();
    expect(error).toBeUndefined();
    names.push(...data.customers.nodes.map((node: { displayName: string }) => node.displayName));
    ({ hasNextPage: more, endCursor: after } = data.customers.pageInfo);
  }
  expect(names).toEqual(NAMES);
  const { error } = await client.query(gql`{ nothing }`, {}).toPromise();
  expect(error!.graphQLErrors.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});

test('urql: a subscription through graphql-ws hears of a mutation', async () => {
  const heard: string[] = [];
  const caughtUp = vi.fn();
  const feed = client
    .subscription(gql`subscription { events(types: ["interaction.recorded"]) { __typename ... on Event { type } } }`, {})
    .subscribe(({ data }) => (data.events.__typename === 'FeedCaughtUp' ? caughtUp() : heard.push(data.events.type)));
  await until(() => caughtUp.mock.calls.length > 0);
  const { data } = await client.mutation(RECORD, { input: contact('Ben', 'Hello') }).toPromise();
  expect(data.interactionRecord).toMatchObject({ interaction: { subject: 'Hello' }, userErrors: [] });
  await until(() => heard.length > 0);
  expect(heard).toEqual(['interaction.recorded']);
  feed.unsubscribe();
});

// biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation beside it
type Data = any;

test('graphql-ws: queries, mutations and a feed that is resumed by its cursor over one socket', async () => {
  const one = async (query: string, variables = {}) => {
    for await (const answer of sockets.iterate<Data>({ query, variables })) return answer.data as Data;
    throw new Error('no answer');
  };
  expect(await one('{ viewer { permissions } }')).toEqual({ viewer: { permissions: ['*'] } });
  const start = await one('subscription { events { ... on FeedCaughtUp { cursor } } }');
  const record = RECORD.loc!.source.body;
  for (const subject of ['first', 'second']) await one(record, { input: contact('Cleo', subject) });

  const heard: string[] = [];
  let cursor = start.events.cursor;
  for (let left = 2; left > 0; left--) {
    const feed = sockets.iterate<{ interactionRecorded: { subject: string } }, { feed: { cursor: string } }>({
      query: 'subscription ($after: String) { interactionRecorded(after: $after) { subject } }',
      variables: { after: cursor },
    });
    for await (const { data, extensions } of feed) {
      heard.push(data!.interactionRecorded.subject);
      cursor = extensions!.feed.cursor;
      break;
    }
  }
  expect(heard).toEqual(['first', 'second']);
});
