// The plugins of this process, in the order in which they were loaded.
import { type PluginReport, reportPlugins } from '../modules/plugins/index.ts';
import type { LoadedPlugin } from './loaded.ts';
import { isolationOf } from './own-tables/names.ts';
import { scheduleStates } from './schedule-states.ts';

const plugins = new Map<string, LoadedPlugin>();

/** All plugins whose setup went well. */
export function loadedPlugins(): LoadedPlugin[] {
  return [...plugins.values()];
}

/** The plugin of that id, if it is loaded. */
export function loadedPlugin(id: string): LoadedPlugin | undefined {
  return plugins.get(id);
}

/** Throws where another plugin is there already, or one whose names would be the same: `a-1` and `a1`. */
export function assertNameFree({ id, names }: Pick<LoadedPlugin, 'id' | 'names'>): void {
  if (plugins.has(id)) throw new Error(`${id}: there are two plugins with this id`);
  for (const other of plugins.values()) {
    if (other.names.pascal === names.pascal) throw new Error(`${id}: what it adds would be named like what the plugin ${other.id} adds`);
  }
}

export function rememberPlugin(plugin: LoadedPlugin): void {
  plugins.set(plugin.id, plugin);
}

reportPlugins(() => loadedPlugins().map(reportOf));

function reportOf(plugin: LoadedPlugin): PluginReport {
  const { id, definition, state, source, added } = plugin;
  const { version, description, api, capabilities, scopes } = definition;
  return {
    id,
    version,
    description,
    apiRange: api,
    state,
    source,
    capabilities,
    scopes: Object.entries<string>(scopes).map(([permission, about]) => ({ permission, description: about })),
    isolation: capabilities.includes('tables') ? isolationOf(plugin) : null,
    added,
    schedules: scheduleStates().filter(({ plugin: owner }) => owner === id),
  };
}
