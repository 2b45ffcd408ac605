// Stock Pothos with its Prisma and Relay plugins on Apollo Server: types of Prisma's models, fields as their documentation
// shows them. PRISMA_CLIENT: the folder of what was generated. Prepared statements are on.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { PrismaPg } from '@prisma/adapter-pg';

const generated = (file) => import(pathToFileURL(join(process.env.PRISMA_CLIENT, file)).href);
const { PrismaClient, ...enums } = await generated('client/client.ts');
const { getDatamodel } = await generated('pothos-types.ts');
const workspaceId = process.env.WORKSPACE_ID;

const names = new Map();
function nameOf({ sql }) {
  if (!names.has(sql)) names.set(sql, createHash('md5').update(sql).digest('hex'));
  return names.get(sql);
}
const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 10 }, { statementNameGenerator: nameOf });
const prisma = new PrismaClient({ adapter });

const builder = new SchemaBuilder({
  plugins: [PrismaPlugin, RelayPlugin],
  relay: { nodesOnConnection: true },
  prisma: { client: prisma, dmmf: getDatamodel(), onUnusedQuery: null },
});
const oneOf = (name) => builder.enumType(name, { values: Object.keys(enums[name]) });
const CustomerHealth = oneOf('CustomerHealth');
const InteractionDirection = oneOf('InteractionDirection');
const ConversationStatus = oneOf('ConversationStatus');
builder.scalarType('DateTime', { serialize: (date) => date.toISOString(), parseValue: (text) => new Date(text) });
builder.queryType({});

const findUnique = ({ id }) => ({ workspaceId_id: { workspaceId, id } });
/** A type whose texts, enums and moments are exposed as they are; `others` adds fields. */
const object = (model, texts, enumsOf, moments, others = () => ({})) =>
  builder.prismaObject(model, {
    findUnique,
    fields: (t) => ({
      id: t.exposeID('id'),
      ...Object.fromEntries(texts.map((name) => [name, t.exposeString(name, { nullable: true })])),
      ...Object.fromEntries(Object.entries(enumsOf).map(([name, type]) => [name, t.expose(name, { type })])),
      ...Object.fromEntries(moments.map((name) => [name, t.expose(name, { type: 'DateTime' })])),
      ...others(t),
    }),
  });

object('User', ['name', 'email'], {}, []);
object('Interaction', ['subject'], { direction: InteractionDirection }, ['occurredAt']);
object('Conversation', ['subject'], { status: ConversationStatus }, ['createdAt']);
object('Preference', ['topic', 'value'], {}, ['observedAt']);
object('Need', ['topic', 'value'], {}, ['observedAt']);
object('LifecycleTransition', ['reason'], {}, ['occurredAt']);
object('Relationship', ['title'], {}, ['createdAt']);

const newest = (column, where) => ({ take: 20, orderBy: [{ [column]: 'desc' }, { id: 'desc' }], ...where });
const live = { where: { archivedAt: null } };
object('Customer', ['displayName', 'country', 'city'], { health: CustomerHealth }, ['createdAt'], (t) => ({
  tags: t.exposeStringList('tags'),
  owner: t.relation('owner', { nullable: true }),
  interactions: t.relatedConnection('interactions', {
    cursor: 'workspaceId_id',
    query: { orderBy: [{ occurredAt: 'desc' }, { id: 'desc' }] },
  }),
  newestInteractions: t.relation('interactions', { query: newest('occurredAt') }),
  conversations: t.relation('conversations', { query: newest('createdAt') }),
  preferences: t.relation('preferences', { query: newest('observedAt', live) }),
  needs: t.relation('needs', { query: newest('observedAt', live) }),
  transitions: t.relation('transitions', { query: newest('occurredAt') }),
  relationshipsFrom: t.relation('relationshipsFrom', { query: newest('createdAt', live) }),
  relationshipsTo: t.relation('relationshipsTo', { query: newest('createdAt', live) }),
}));

const chosen = ({ country }) => ({ workspaceId, archivedAt: null, ...(country && { country }) });
builder.queryField('customers', (t) =>
  t.prismaConnection({
    type: 'Customer',
    cursor: 'workspaceId_id',
    args: { country: t.arg.string(), byName: t.arg.boolean() },
    resolve: (query, _root, args) =>
      prisma.customer.findMany({
        ...query,
        where: chosen(args),
        orderBy: [args.byName ? { displayName: 'asc' } : { createdAt: 'asc' }, { id: 'asc' }],
      }),
    totalCount: (_root, args) => prisma.customer.count({ where: chosen(args) }),
  }),
);
builder.queryField('customer', (t) =>
  t.prismaField({
    type: 'Customer',
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, _root, { id }) => prisma.customer.findUnique({ ...query, where: { workspaceId_id: { workspaceId, id } } }),
  }),
);

const server = new ApolloServer({ schema: builder.toSchema(), plugins: [ApolloServerPluginCacheControlDisabled()] });
await startStandaloneServer(server, { listen: { port: Number(process.env.PORT), host: process.env.HOST } });
