// Events as plugins are told of them.
import type { EventRow } from '../events/index.ts';
import { allEntities } from '../query/entity.ts';
import type { PluginEvent } from './contexts.ts';
import type { LoadedPlugin } from './loaded.ts';

/** An event as a plugin is told of it: its data only where the plugin may read the subject, or wrote the event itself. */
export function pluginEventOf(plugin: LoadedPlugin, event: EventRow): PluginEvent {
  const { id, seq, type, subjectType, subjectId, customerId, origin, occurredAt } = event;
  const data = mayKnow(plugin, event) ? (event.data ?? {}) : {};
  return { id, seq, type, subjectType, subjectId, customerId, origin, occurredAt, data };
}

function mayKnow({ definition, names }: LoadedPlugin, { type, subjectType }: EventRow): boolean {
  if (type.startsWith(`${names.snake}.`)) return true;
  const entity = allEntities().find(({ name }) => name === subjectType);
  return entity !== undefined && definition.capabilities.includes(`read:${entity.subject}`);
}
