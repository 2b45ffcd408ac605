// Calls of any field of the schema, by whoever may do everything in a workspace.
import { createSourceEventStream, type DocumentNode, type GraphQLSchema, getNamedType, parse } from 'graphql';
import type { EventHub } from '../../src/events/index.ts';
import type { FeedEnvelope } from '../../src/graphql/feed-envelope.ts';
import { type ApiField, type Place, variablesFor } from './probes.ts';
import type { RichWorkspace } from './rich-workspace.ts';
import { type Outcome, outcomeOf, type Sandbox } from './sandbox.ts';
import { selectionOf } from './selection.ts';

/** Feeds that end where the live part would begin. */
export function untilCaughtUp(hub: EventHub): EventHub {
  return {
    ...hub,
    async *follow(options) {
      for await (const step of hub.follow(options)) {
        yield step;
        if (step.kind === 'caughtUp') return;
      }
    },
  };
}

const documents = new Map<string, DocumentNode>();

/** One sandbox of each workspace, so that several can be asked at the same time. */
export type Sandboxes = { schema: GraphQLSchema; of: Map<RichWorkspace, Sandbox> };

/** The operation that calls a field with variables for all its arguments and selects what can be reached `depth` records deep. */
export function documentOf(schema: GraphQLSchema, { operation, parent, field }: ApiField, depth: number, given: string[]): DocumentNode {
  const args = field.args.filter((arg) => given.includes(arg.name));
  const key = `${parent ?? operation}.${field.name} ${depth} ${args.map((arg) => arg.name)}`;
  const known = documents.get(key);
  if (known) return known;
  const call = `${field.name}${args.length > 0 ? `(${args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')})` : ''} ${selectionOf(schema, getNamedType(field.type), depth)}`;
  const declared = [...args.map((arg) => `$${arg.name}: ${arg.type}`), ...(parent ? ['$parent: ID!'] : [])];
  const body = parent ? `node(id: $parent) { ... on ${parent} { ${call} } }` : call;
  const document = parse(`${operation} ${declared.length > 0 ? `(${declared.join(', ')})` : ''} { ${body} }`, { noLocation: true });
  documents.set(key, document);
  return document;
}

/** Calls a field as the administrator of `caller`, naming `value` at the place. */
export async function call(
  { schema, of }: Sandboxes,
  api: ApiField,
  place: Place,
  value: unknown,
  caller: RichWorkspace,
  depth: number,
): Promise<Outcome> {
  const variables = variablesFor(api.field, place, value, caller);
  if (api.operation === 'subscription') variables.after ??= Buffer.from('event:0').toString('base64url');
  const document = documentOf(schema, api, depth, Object.keys(variables));
  const all = api.parent ? { ...variables, parent: caller.ids[api.parent] } : variables;
  const sandbox = of.get(caller)!;
  return api.operation === 'subscription'
    ? follow(schema, sandbox, document, all, caller)
    : sandbox.run(caller.administrator, document, all);
}

/** Everything a feed sends of what is in the log. */
export async function follow(
  schema: GraphQLSchema,
  sandbox: Sandbox,
  document: DocumentNode,
  variableValues: Record<string, unknown>,
  caller: RichWorkspace,
): Promise<Outcome> {
  const source = await createSourceEventStream({
    schema,
    document,
    variableValues,
    contextValue: sandbox.context(caller.administrator),
  });
  if (!(Symbol.asyncIterator in source)) return outcomeOf(source, '');
  const sent: Outcome = { data: [], errors: [], touched: '' };
  for await (const { root, feed } of source as AsyncIterable<FeedEnvelope>) {
    const { data, errors } = await sandbox.run(caller.administrator, document, variableValues, root);
    // What is told of the event beside the answer is a part of it.
    (sent.data as unknown[]).push(feed ? { ...(data as object | null), event: feed.event } : data);
    sent.errors.push(...errors);
  }
  return sent;
}
