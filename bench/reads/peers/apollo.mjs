// Bare Apollo: Apollo Server and graphql-js over the same hand-written statements, every field but the root read as a property.
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { jsonOf } from './database.mjs';
import { statements } from './statements.mjs';

const typeDefs = `
  type Query {
    customers(first: Int, nested: Int, country: String, afterName: String, afterId: ID): CustomerConnection!
    customer(id: ID!): Customer
  }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type BoundedCount { value: Int! isExact: Boolean! }
  type CustomerConnection { nodes: [Customer!]! pageInfo: PageInfo! totalCount: BoundedCount! }
  type Customer {
    id: ID! displayName: String! country: String city: String health: CustomerHealth! tags: [String!]! createdAt: String!
    owner: User interactions: InteractionConnection! timeline: TimelineEntryConnection!
  }
  enum CustomerHealth { UNKNOWN HEALTHY AT_RISK }
  enum Direction { INBOUND OUTBOUND }
  enum Status { OPEN CLOSED }
  type User { id: ID! name: String! email: String }
  type InteractionConnection { nodes: [Interaction!]! }
  type TimelineEntryConnection { nodes: [TimelineEntry!]! pageInfo: PageInfo! }
  type TimelineEntry { at: String! type: String! node: TimelineNode }
  union TimelineNode = Interaction | Conversation | Preference | Need | LifecycleTransition | Relationship
  type Interaction { id: ID! occurredAt: String! direction: Direction! subject: String }
  type Conversation { id: ID! subject: String status: Status! }
  type Preference { id: ID! topic: String! value: String! }
  type Need { id: ID! topic: String! value: String! }
  type LifecycleTransition { id: ID! reason: String occurredAt: String! }
  type Relationship { id: ID! title: String }
`;

const root = async (_source, variables, _context, info) => JSON.parse(await jsonOf(statements[info.operation.name.value], variables));

const server = new ApolloServer({
  typeDefs,
  resolvers: { Query: { customers: root, customer: root } },
  plugins: [ApolloServerPluginCacheControlDisabled()],
});
await startStandaloneServer(server, { listen: { port: Number(process.env.PORT), host: process.env.HOST } });
