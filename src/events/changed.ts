// Which fields an event changed: the keys of its `before` and `after`.
import type { EventData } from './types.ts';

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names of the changed fields, each once, in the order in which the event tells them. */
export function changedNames({ before, after }: EventData): string[] {
  const names = isRecord(after) ? Object.keys(after) : [];
  if (!isRecord(before)) return names;
  return names.length === 0 ? Object.keys(before) : [...new Set([...names, ...Object.keys(before)])];
}

/** Whether one of the names is among them; made for the many events that a feed looks at in vain. */
export function changesOneOf({ before, after }: EventData, names: readonly string[]): boolean {
  const has = (values: unknown) => isRecord(values) && names.some((name) => Object.hasOwn(values, name));
  return has(after) || has(before);
}
