// Takes a plugin in: checks it, hands its setup the parts that it declared, and shuts them again. All before the schema is
// built. What fails here is told with the plugin's id, and stops the start.
import '../modules/all.ts'; // plugins name core types
import type { Database } from '../db/database.ts';
import { builtSchema } from '../graphql/built-schema.ts';
import { type CapabilityWord, capabilityWords } from './capabilities.ts';
import type { PluginLog } from './contexts.ts';
import { assertCoreLacks } from './core-names.ts';
import type { Plugin } from './definition.ts';
import type { LoadedPlugin } from './loaded.ts';
import { logNaming } from './log-naming.ts';
import { pluginNames } from './names.ts';
import { parts } from './parts/index.ts';
import { underPluginLock } from './prepare-lock.ts';
import { assertNameFree, loadedPlugins, rememberPlugin } from './registry.ts';
import { causeOf } from './timeouts.ts';
import { validateDefinition } from './validate.ts';

export { loadedPlugin, loadedPlugins } from './registry.ts';

export type LoadOptions = {
  config?: unknown;
  log: PluginLog;
  /** Where it comes from, for those who look: a folder or a package. */
  source?: string;
};

/** Loads one plugin. Throws an Error whose message begins with its id and says why it cannot be. */
export function loadPlugin(definition: Plugin, { config, log, source }: LoadOptions): LoadedPlugin {
  validateDefinition(definition);
  const { id } = definition;
  const plugin: LoadedPlugin = {
    id,
    definition,
    config: checkedConfig(definition, config ?? {}),
    names: pluginNames(id),
    log: logNaming(id, log),
    source: source ?? 'code',
    state: 'PREPARING',
    sealed: false,
    added: [],
    prepare: [],
  };
  assertNameFree(plugin);
  assertNotBuilt(id);
  assertCoreLacks(plugin);
  try {
    const answer: unknown = definition.setup(hostOf(plugin) as never);
    if (answer instanceof Promise) {
      answer.catch(() => undefined);
      throw new Error('its setup must not be async: it says what there is, and does nothing else');
    }
  } catch (error) {
    plugin.state = 'FAILED';
    throw named(id, withLine(error));
  } finally {
    plugin.sealed = true;
  }
  rememberPlugin(plugin);
  return plugin;
}

/** A type that comes after the schema would be in no answer. */
function assertNotBuilt(id: string): void {
  try {
    builtSchema();
  } catch {
    return;
  }
  throw new Error(`${id}: plugins are loaded before the schema is built`);
}

/** Tells which paths are wrong and why, never what stands there: it may be secret. */
function checkedConfig({ id, config }: Plugin, given: unknown): unknown {
  const parsed = parsedConfig(id, config, given);
  if (parsed.success) return parsed.data;
  const issues = (parsed.error.issues as { path: PropertyKey[]; code: string; message: string }[]).map(
    ({ path, message }) => `${path.length > 0 ? path.map(String).join('.') : 'the whole'}: ${message}`,
  );
  throw new Error(`${id}: its configuration does not fit: ${issues.join('; ')}`);
}

/** A schema may throw, and what it throws may quote what stands there: so only the kind of it is told. */
function parsedConfig(id: string, config: Plugin['config'], given: unknown): ReturnType<Plugin['config']['safeParse']> {
  try {
    return config.safeParse(given);
  } catch (error) {
    const kind = error instanceof Error ? error.constructor.name : typeof error;
    throw new Error(`${id}: its configuration cannot be checked: the schema threw ${kind}; it must neither throw nor be async`);
  }
}

function hostOf(plugin: LoadedPlugin): object {
  const host = { config: plugin.config, log: plugin.log };
  for (const word of Object.keys(capabilityWords) as CapabilityWord[]) {
    if (plugin.definition.capabilities.includes(word)) {
      Object.defineProperty(host, word, { enumerable: true, value: sealable(plugin, parts[word](plugin)) });
    } else {
      Object.defineProperty(host, word, { get: () => missing(plugin.id, word) });
    }
  }
  return host;
}

function missing(id: string, word: CapabilityWord): never {
  const error = new Error(`it uses "${word}" without the capability: add '${word}' to the capabilities of ${id}`);
  throw Object.assign(error, { code: 'PLUGIN_CAPABILITY_MISSING' });
}

/** The functions of a part work while `setup` runs. One that is a function itself, such as `network`, is for later. */
function sealable(plugin: LoadedPlugin, part: object): object {
  if (typeof part === 'function') return part;
  const open = (name: string, work: (...args: never[]) => unknown) =>
    function whileOpen(...args: never[]): unknown {
      if (plugin.sealed) throw new Error(`${plugin.id}: ${name} may only be called while setup runs`);
      return work(...args);
    };
  return Object.freeze(
    Object.fromEntries(Object.entries(part).map(([name, value]) => [name, typeof value === 'function' ? open(name, value) : value])),
  );
}

/** What the host refuses is said in a sentence; of anything else the author is told where it was thrown. */
function withLine(error: unknown): unknown {
  if (error == null) return new Error(`its setup threw ${error}`);
  if (!(error instanceof Error) || error.constructor === Error) return error;
  const { at } = causeOf(error);
  return at === undefined ? error : new Error(`${error.message} (${at})`, { cause: error });
}

function named(id: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const { code } = (error ?? {}) as { code?: unknown };
  return Object.assign(new Error(message.startsWith(`${id}: `) ? message : `${id}: ${message}`, { cause: error }), {
    ...(code !== undefined && { code }),
  });
}

/**
 * Does what each plugin needs done with the database before anything of it runs, one server at a time. After the core's
 * migrations. Throws an Error with the id of the first that fails.
 */
export async function preparePlugins(db: Database, log: PluginLog): Promise<void> {
  const waiting = loadedPlugins().filter(({ state }) => state !== 'ACTIVE');
  if (waiting.some(({ prepare }) => prepare.length > 0)) {
    await underPluginLock(db, log, async () => {
      for (const plugin of waiting) await preparePlugin(plugin, db);
    });
  }
  for (const plugin of waiting) plugin.state = 'ACTIVE';
}

async function preparePlugin(plugin: LoadedPlugin, db: Database): Promise<void> {
  try {
    for (const step of plugin.prepare) await step(db);
  } catch (error) {
    plugin.state = 'FAILED';
    throw named(plugin.id, error);
  }
}
