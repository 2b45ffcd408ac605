// What is wrong with a plugin's subscriptions as the schema shows them.
import { type GraphQLOutputType, type GraphQLSchema, isListType, isNonNullType, isObjectType } from 'graphql';
import { openFeedOf } from '../../../graphql/feed-field.ts';
import type { PluginNames } from '../../loaded.ts';
import { capital } from '../../names.ts';

/** A subscription as the plugin asked for it. */
export type AskedSubscription = { name: string; description: string; scope: string };

export const isPrefixed = (name: string, prefix: string) => name.startsWith(prefix) && /^[A-Z]/.test(name.slice(prefix.length));
export const isSaid = (description: string | null | undefined) => (description ?? '').trim().length >= 5;

/** The plugin's fields of Subscription, also those that it has made behind the host's back. */
export function subscriptionsOf(schema: GraphQLSchema, { camel }: Pick<PluginNames, 'camel'>) {
  return Object.values(schema.getSubscriptionType()?.getFields() ?? {}).filter(({ name }) => isPrefixed(name, camel));
}

/** Sentences, one for each fault. */
export function subscriptionFaults(
  schema: GraphQLSchema,
  names: Pick<PluginNames, 'camel' | 'pascal'>,
  asked: readonly AskedSubscription[],
): string[] {
  const fields = subscriptionsOf(schema, names);
  const missing = asked.filter(({ name }) => !fields.some((field) => field.name === names.camel + capital(name)));
  return [
    ...missing.map(({ name }) => `${name} is not in the schema as ${names.camel}${capital(name)}`),
    ...fields.flatMap((field) => {
      const own = asked.find(({ name }) => field.name === names.camel + capital(name));
      const after = field.args.find(({ name }) => name === 'after');
      return [
        ...(own?.scope ? [] : [`${field.name} needs no scope`]),
        // The host adds to what the plugin says, so that alone is looked at where it is known.
        ...(isSaid(own ? own.description : field.description) ? [] : [`${field.name} does not say what it tells`]),
        ...field.args.flatMap(({ name, description }) => (isSaid(description) ? [] : [`${field.name}(${name}) does not say what it is`])),
        ...(after && !isNonNullType(after.type) ? [] : [`${field.name} does not resume after a cursor`]),
        ...(openFeedOf(field as never) ? [] : [`${field.name} does not follow the log, and serves no webhooks`]),
        ...[...requiredRecords(field.type, field.name, names.pascal)].map(
          (place) => `${place} is a record that its reader may not see: it must be nullable`,
        ),
      ];
    }),
  ];
}

/** Where records of the core are promised: their reader may lack the rights to see them. */
function* requiredRecords(type: GraphQLOutputType, place: string, pascal: string, seen = new Set<string>()): Generator<string> {
  const required = isNonNullType(type);
  const inner = required ? type.ofType : type;
  if (isListType(inner)) return yield* requiredRecords(inner.ofType, `${place}[]`, pascal, seen);
  if (!isObjectType(inner)) return;
  if (inner.getInterfaces().some(({ name }) => name === 'Node')) {
    if (required) yield place;
  } else if (isPrefixed(inner.name, pascal) && !seen.has(inner.name)) {
    seen.add(inner.name);
    for (const field of Object.values(inner.getFields())) yield* requiredRecords(field.type, `${inner.name}.${field.name}`, pascal, seen);
  }
}
