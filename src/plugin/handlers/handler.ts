// A plugin's handler of events, and how long it may take and be tried again.
import type { EventRow } from '../../events/index.ts';
import type { PluginEvent, WriteContext } from '../contexts.ts';
import type { LoadedPlugin } from '../loaded.ts';

export type Handler = {
  plugin: LoadedPlugin;
  name: string;
  types: readonly string[];
  handle: (ctx: WriteContext, event: PluginEvent) => Promise<void>;
};

/** How long one event may take. */
export const HANDLE_MS = 10_000;

/** The pauses after each failed attempt, in milliseconds; after as many and one more it is set aside. */
export const PAUSES_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000] as const;

/** Names the handler's place in the log. */
export function placeOf({ plugin, name }: Handler): string {
  return `plugin.${plugin.id}.${name}`;
}

/** Events of one subject wait for each other: the customer whom they concern, else what they are about. */
export function subjectKeyOf({ customerId, subjectId }: EventRow): string {
  return customerId ?? subjectId;
}
