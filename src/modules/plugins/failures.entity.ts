// What can be read of the events that handlers of plugins have not been able to take in.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const pluginFailure: Entity = defineEntity({
  name: 'PluginFailure',
  plural: 'pluginFailures',
  singular: 'pluginFailure',
  prefix: 'pluginfailure',
  subject: 'plugins',
  description:
    'An event that a handler of a plugin failed at, or that waits behind such a one of its subject. It is tried again with growing pauses, then set aside. `error` is the text of what the handler threw, shown to whoever may read failures: a handler puts no secrets and nothing personal into it.',
  fields: ['plugin', 'handler', 'eventType', 'attempts', 'nextAttemptAt', 'deadAt', 'error', 'createdAt', 'updatedAt'],
  added: ['status', 'eventId'],
  filters: {
    plugin: { column: 'plugin', description: 'Id of the plugin.' },
    handler: { column: 'handler', description: 'Name of the handler.' },
    deadAt: { column: 'deadAt', description: 'When it was set aside; null: it is tried again.' },
    createdAt: { column: 'createdAt' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'DESC' },
});
