// Apollo Client, as a front end sets it up, against a running server.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../support/eventually.ts';
import type { TestServer } from '../support/server.ts';
import { contact, NAMES, startWorld } from './world.ts';

let server: TestServer;
let client: ApolloClient;
let sockets: ReturnType<typeof createClient>;
beforeAll(async () => {
  server = await startWorld();
  const authorization = `Bearer ${server.adminKey}`;
  sockets = createClient({ url: server.wsUrl, webSocketImpl: WebSocket, connectionParams: { authorization } });
  client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === 'subscription',
      new GraphQLWsLink(sockets),
      new HttpLink({ uri: server.url, headers: { authorization } }),
    ),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { customers: relayStylePagination(['filter', 'orderBy']) } } } }),
  });
});
afterAll(async () => {
  client?.stop();
  await sockets?.dispose();
  await server?.stop();
});

type Page = {
  customers: { edges: { node: { id: string; displayName: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
};
const CUSTOMERS: TypedDocumentNode<Page, { first: number; after?: string }> = gql`
  query Customers($first: Int!, $after: String) {
    customers(first: $first, after: $after, orderBy: [{ field: DISPLAY_NAME, direction: ASC }]) {
      edges { cursor node { id displayName } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
type Renamed = { customerUpdate: { customer: { id: string; displayName: string }; userErrors: { code: string }[] } };
const RENAME: TypedDocumentNode<Renamed, { id: string; name: string }> = gql`
  mutation Rename($id: ID!, $name: String!) {
    customerUpdate(input: { id: $id, displayName: $name }) { customer { id displayName } userErrors { code } }
  }
`;

test('pages are joined in the cache, and a mutation mends what it holds', async () => {
  const list = client.watchQuery({ query: CUSTOMERS, variables: { first: 2 } });
  const shown: string[][] = [];
  const watching = list.subscribe(({ data, dataState }) => {
    if (dataState === 'complete') shown.push(data.customers.edges.map(({ node }) => node.displayName));
  });
  await until(() => shown.length > 0);
  expect(shown.at(-1)).toEqual(NAMES.slice(0, 2));

  for (let more = true; more; ) {
    const { customers } = client.readQuery({ query: CUSTOMERS, variables: { first: 2 } }) as Page;
    const page = await list.fetchMore({ variables: { after: customers.pageInfo.endCursor } });
    more = page.data!.customers.pageInfo.hasNextPage;
  }
  await until(() => shown.at(-1)!.length === NAMES.length);
  expect(shown.at(-1)).toEqual(NAMES);

  const { id } = client.readQuery({ query: CUSTOMERS, variables: { first: 2 } })!.customers.edges[4]!.node;
  const { data } = await client.mutate({ mutation: RENAME, variables: { id, name: 'Elif Kaya' } });
  expect(data!.customerUpdate.userErrors).toEqual([]);
  await until(() => shown.at(-1)!.includes('Elif Kaya'));
  watching.unsubscribe();
});

test('refusals come as GraphQL errors with their codes', async () => {
  const failure = await client.query({ query: gql`{ node(id: "nonsense") { id } }` }).catch((error: unknown) => error);
  expect(CombinedGraphQLErrors.is(failure) && failure.errors[0]!.extensions?.code).toBe('ID_INVALID');
  const invalid = await client.query({ query: gql`{ nothing }` }).catch((error: unknown) => error);
  expect(CombinedGraphQLErrors.is(invalid) && invalid.errors[0]!.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED');
});

test('a subscription follows what the client itself records', async () => {
  const heard: string[] = [];
  const feed = client
    .subscribe<{ interactionRecorded: { subject: string; customer: { displayName: string } } }>({
      query: gql`subscription ($after: String) { interactionRecorded(after: $after) { id subject customer { id displayName } } }`,
      variables: { after: await end() },
    })
    .subscribe(({ data }) => heard.push(`${data!.interactionRecorded.subject} ${data!.interactionRecorded.customer.displayName}`));
  await client.mutate({
    mutation: gql`mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id } userErrors { code } } }`,
    variables: { input: contact('Ada', 'Hello') },
  });
  await until(() => heard.length > 0);
  expect(heard).toEqual(['Hello Ada']);
  feed.unsubscribe();
});

/** The cursor of the end of the log. */
function end(): Promise<string> {
  return new Promise((resolve, reject) => {
    const feed = client
      .subscribe<{ events: { cursor: string } }>({ query: gql`subscription { events { ... on FeedCaughtUp { cursor } } }` })
      .subscribe({
        next: ({ data }) => {
          resolve(data!.events.cursor);
          feed.unsubscribe();
        },
        error: reject,
      });
  });
}
