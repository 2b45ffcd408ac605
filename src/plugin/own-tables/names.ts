// Where the tables of a plugin live, and the role of PostgreSQL that may touch nothing else.
import type { LoadedPlugin } from '../loaded.ts';

type Named = Pick<LoadedPlugin, 'names'>;

export function schemaOf({ names }: Named): string {
  return `plugin_${names.snake}`;
}

export function roleOf({ names }: Named): string {
  return `trato_plugin_${names.snake}`;
}

/** How well a plugin's statements are kept to its own tables: by a role, or by the search path alone. */
export type Isolation = 'ROLE' | 'SEARCH_PATH';

const isolations = new WeakMap<Named, Isolation>();

export function isolationOf(plugin: Named): Isolation {
  return isolations.get(plugin) ?? 'ROLE';
}

export function setIsolation(plugin: Named, isolation: Isolation): void {
  isolations.set(plugin, isolation);
}
