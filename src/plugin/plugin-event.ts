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

/** Whether an event has lost its data, because whom it concerned was erased. That of the erasure itself says no more by itself. */
export function isRedacted({ type, data }: Pick<EventRow, 'type' | 'data'>): boolean {
  return type !== 'customer.erased' && (data as { erased?: unknown } | null)?.erased === true;
}

function mayKnow({ definition, names }: LoadedPlugin, { type, subjectType }: EventRow): boolean {
  if (type.startsWith(`${names.snake}.`)) return true;
  const entity = allEntities().find(({ name }) => name === subjectType);
  return entity !== undefined && definition.capabilities.includes(`read:${entity.subject}`);
}
