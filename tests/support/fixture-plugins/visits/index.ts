// The plugin that docs/plugins.md quotes: it uses every capability once.
import { definePlugin, z } from 'trato/plugin';
import { followEvents } from './events.ts';
import { addFields } from './fields.ts';
import { guardCustomers } from './guards.ts';
import { addMutations, addSubscriptions } from './mutations.ts';
import { addChannel } from './outside.ts';
import { addRoutes } from './routes.ts';
import { addSchedules } from './schedules.ts';
import { addStrategies } from './strategies.ts';
import { addAttributes, addTables } from './tables.ts';

const config = z.strictObject({
  /** How many visits a day can hold. */
  mostADay: z.int().min(1).default(8),
  /** Who may report visits over HTTP, and for which workspace. */
  reporters: z.array(z.object({ workspace: z.string(), secret: z.string().min(16) })).default([]),
  /** The service that prints and posts letters. */
  printer: z.object({ url: z.url(), token: z.string().min(1) }).optional(),
});
export type Config = z.output<typeof config>;

export const plugin = definePlugin({
  id: 'visits',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Visits to customers: planned, made, remembered.',
  config,
  capabilities: [
    'schema',
    'tables',
    'attributes',
    'events',
    'guards',
    'strategies',
    'channels',
    'schedules',
    'http',
    'network',
    'read:customers',
    'read:interactions',
    'write:interactions',
  ],
  scopes: {
    'visits:read': 'See visits.',
    'visits:write': 'Plan visits.',
  },
  setup(host) {
    addTables(host.tables);
    addAttributes(host.attributes);
    const types = addFields(host.schema);
    addMutations(host.schema, types, host.config);
    addSubscriptions(host.schema, types);
    followEvents(host.events);
    guardCustomers(host.guards);
    addStrategies(host.strategies);
    addChannel(host.channels, host.network, host.config);
    addSchedules(host.schedules);
    addRoutes(host.http, host.config);
  },
});
