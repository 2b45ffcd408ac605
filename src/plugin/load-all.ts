// Loads every plugin that the settings name, or none: one that is not what it should be stops the start, and is never
// silently absent.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Configs, type Env, readPluginConfigs } from './config.ts';
import type { PluginLog } from './contexts.ts';
import type { Plugin } from './definition.ts';
import { type PluginSource, pluginFolders, pluginPackage } from './discover.ts';
import type { LoadedPlugin } from './loaded.ts';

export type PluginSettings = {
  /** The folder with one folder for each plugin; null: that of the project, if there is one; `off`: none. */
  directory: string | null;
  /** npm packages. */
  packages: readonly string[];
  /** Ids of plugins that are there and not loaded. */
  off: readonly string[];
  /** JSON file with their configurations. */
  configFile: string | null;
};

export type LoadAllOptions = {
  /** Makes the log of one plugin. */
  logOf(id: string): PluginLog;
  log: PluginLog;
  env?: Env;
};

const ownDirectory = fileURLToPath(new URL('../../plugins', import.meta.url));

/** Loads the plugins of `settings`, those of the folder first. Throws an Error whose message begins with the plugin's id, or names its folder or package. */
export async function loadPlugins(settings: PluginSettings, { log, logOf, env = process.env }: LoadAllOptions): Promise<LoadedPlugin[]> {
  const { directory, packages, off, configFile } = settings;
  const folders = directory === 'off' ? [] : await pluginFolders(directory ?? ownDirectory, directory !== null);
  const there = [...folders, ...packages.map(pluginPackage)];
  const sources = there.filter(({ label }) => !off.includes(label));
  const known = new Set(there.map(({ label }) => label));
  const configs = await readPluginConfigs(configFile, env);
  const loaded: LoadedPlugin[] = [];
  // A start without plugins loads nothing of what they are made of.
  if (sources.length > 0) {
    const { resolvePluginSpecifiers, importPlugin } = await import('./specifiers.ts');
    resolvePluginSpecifiers(packages, pathToFileURL(join(process.cwd(), 'package.json')).href);
    for (const source of sources) {
      const definition = await definitionOf(source, importPlugin);
      known.add(definition.id);
      if (off.includes(definition.id)) continue;
      loaded.push(await loadOne(definition, source, configs, logOf));
    }
  }
  for (const id of off) configs.of(id);
  // Mistyped, it turns off nothing, and what should be off is not.
  const unknown = off.filter((name) => !known.has(name));
  if (unknown.length > 0) log.warn({ unknown, known: [...known] }, 'plugins that are to be off and are not there');
  const unused = configs.unused();
  if (unused.length > 0) log.warn({ unused }, 'configurations of plugins that are not there');
  return loaded;
}

async function definitionOf(source: PluginSource, importPlugin: (specifier: string) => Promise<Record<string, unknown>>): Promise<Plugin> {
  let entry: Record<string, unknown>;
  try {
    entry = await importPlugin(source.specifier);
  } catch (error) {
    throw new Error(`${source.label}: it cannot be imported: ${reasonOf(error)}`, { cause: error });
  }
  const { plugin } = entry;
  if (typeof plugin !== 'object' || plugin === null) {
    throw new Error(`${source.label}: its entry file exports no \`plugin\`; export what definePlugin gives under that name`);
  }
  if (typeof (plugin as Partial<Plugin>).id !== 'string') throw new Error(`${source.label}: its plugin has no id`);
  return plugin as Plugin;
}

async function loadOne(
  definition: Plugin,
  { label }: PluginSource,
  configs: Configs,
  logOf: (id: string) => PluginLog,
): Promise<LoadedPlugin> {
  const { loadPlugin } = await import('./load.ts');
  const id = String(definition.id);
  return loadPlugin(definition, { config: configOf(configs, id), log: logOf(id), source: label });
}

function configOf(configs: Configs, id: string): unknown {
  try {
    return configs.of(id);
  } catch (error) {
    throw new Error(`${id}: ${(error as Error).message}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1)[0]! : 'it threw no error';
}
