// A plugin that tests can look into and break: what its setup registers is noted, and its fields can be made to fail.

import type { Plugin } from '../definition.ts';
import type { EventsHost } from '../host.ts';
import type { SchemaHost } from '../host-schema.ts';

type AnyField = Parameters<SchemaHost<string>['field']>[2];

export type Instruments = {
  /** The definition to load in place of the plugin's own: it does the same. */
  definition: Plugin;
  fields: { type: string; name: string; scope: string | undefined; load: AnyField['load'] }[];
  queries: { name: string; scope: string }[];
  mutations: { name: string; scope: string }[];
  subscriptions: { name: string; description: string; scope: string }[];
  handlers: { name: string; types: readonly string[]; handle: Parameters<EventsHost['on']>[2] }[];
  /** How the fields fail; null: they do not. */
  failing: 'throw' | 'hang' | null;
};

const known = new WeakMap<Plugin, Instruments>();

/** The instruments of a plugin, the same at every call. */
export function instrumented(plugin: Plugin): Instruments {
  const there = known.get(plugin);
  if (there) return there;
  const made: Instruments = {
    definition: { ...plugin, setup: (host: never) => plugin.setup(watched(host, made) as never) },
    fields: [],
    queries: [],
    mutations: [],
    subscriptions: [],
    handlers: [],
    failing: null,
  };
  known.set(plugin, made);
  return made;
}

/** Parts are read from the real host, so that one that was not declared throws as ever. */
function watched(host: { schema: SchemaHost<string>; events: EventsHost }, notes: Instruments): object {
  return Object.create(host, {
    schema: { get: () => watchedSchema(host.schema, notes) },
    events: { get: () => watchedEvents(host.events, notes) },
  });
}

function watchedSchema(schema: SchemaHost<string>, notes: Instruments): SchemaHost<string> {
  return {
    ...schema,
    field(type, name, field) {
      notes.fields.push({ type, name, scope: field.scope, load: field.load as never });
      const load: typeof field.load = async (ctx, ids, args) => {
        if (notes.failing === 'throw') throw new Error('made to fail by the test');
        if (notes.failing === 'hang') await new Promise(() => undefined);
        return field.load(ctx, ids, args);
      };
      schema.field(type, name, { ...field, load });
    },
    query(name, field) {
      notes.queries.push({ name, scope: field.scope });
      schema.query(name, field);
    },
    mutation(name, field) {
      notes.mutations.push({ name, scope: field.scope });
      schema.mutation(name, field);
    },
    subscription(name, field) {
      const { description, scope } = field;
      notes.subscriptions.push({ name, description, scope });
      schema.subscription(name, field);
    },
  };
}

function watchedEvents(events: EventsHost, notes: Instruments): EventsHost {
  return {
    ...events,
    on(name, types, handle) {
      notes.handlers.push({ name, types, handle });
      events.on(name, types, handle);
    },
  };
}
