// A real Fastify, Apollo Server and graphql-ws on a free port, with the few fields the explorer's own first tabs ask for.

import { EventEmitter, on } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import fastify from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { registerExplorer } from '../../src/server/explorer/index.ts';

// Vitest would load the ES module of graphql beside the CommonJS one that Apollo Server and graphql-ws load.
const { buildSchema, GraphQLError }: typeof import('graphql') = createRequire(import.meta.url)('graphql');

/** What the explorer's tests need of a server; `record` makes an interaction that open subscriptions receive. */
export type ExplorerServer = {
  url: string;
  key: string;
  customerName: string;
  record(subject: string): Promise<void>;
  subscribers(): number;
  close(): Promise<void>;
};

type Context = { authorization: string | undefined };
const KEY = 'trato_test-key_01';
const CUSTOMER = { id: 'customer_1', displayName: 'Ada Example' };

const SDL = `
  "A customer" type Customer { id: ID! displayName: String! }
  type CustomerConnection { nodes: [Customer!]! }
  type Interaction { id: ID! subject: String customer: Customer! }
  type Query { customers(first: Int): CustomerConnection! }
  type Subscription { "Every interaction as it is recorded." interactionRecorded: Interaction! }
`;

export async function startExplorerServer(): Promise<ExplorerServer> {
  const app = fastify({ forceCloseConnections: true });
  const events = new EventEmitter();
  const schema = buildSchema(SDL);
  addResolvers(schema, events);

  const apollo = new ApolloServer<Context>({ schema, introspection: true, plugins: [fastifyApolloDrainPlugin(app)] });
  await apollo.start();
  registerExplorer(app, { endpoint: '/graphql' });
  await app.register(fastifyApollo(apollo), {
    path: '/graphql',
    context: async (request) => ({ authorization: request.headers.authorization }),
  });
  const sockets = new WebSocketServer({ server: app.server, path: '/graphql' });
  const live = useServer<{ Authorization?: string }>(
    {
      schema,
      onConnect: (context) => context.connectionParams?.Authorization === `Bearer ${KEY}`,
      context: (context) => ({ authorization: context.connectionParams?.Authorization }),
    },
    sockets,
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  let recorded = 0;
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    key: KEY,
    customerName: CUSTOMER.displayName,
    async record(subject) {
      recorded += 1;
      events.emit('recorded', { id: `interaction_${recorded}`, subject, customer: CUSTOMER });
    },
    subscribers: () => events.listenerCount('recorded'),
    async close() {
      await live.dispose();
      await app.close();
    },
  };
}

function addResolvers(schema: GraphQLSchema, events: EventEmitter): void {
  const customers = schema.getQueryType()?.getFields().customers;
  const interactionRecorded = schema.getSubscriptionType()?.getFields().interactionRecorded;
  if (!customers || !interactionRecorded) throw new Error('the schema of this test lacks its fields');
  customers.resolve = (_parent, _args, context: Context) => {
    if (context.authorization === `Bearer ${KEY}`) return { nodes: [CUSTOMER] };
    throw new GraphQLError('A key is needed.', { extensions: { code: 'UNAUTHENTICATED' } });
  };
  interactionRecorded.subscribe = () => recordedInteractions(events);
}

function recordedInteractions(events: EventEmitter): AsyncIterable<unknown> {
  const stop = new AbortController();
  const source = on(events, 'recorded', { signal: stop.signal });
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const { value, done } = await source.next();
        return { value: { interactionRecorded: value?.[0] }, done: Boolean(done) };
      },
      async return() {
        await source.return?.();
        return { value: undefined, done: true as const };
      },
    }),
  };
}
