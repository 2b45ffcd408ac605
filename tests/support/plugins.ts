// Plugins for tests: loaded as any other, and prepared on whichever database a test has.
import type { Database } from '../../src/db/database.ts';
import type { PluginLog } from '../../src/plugin/contexts.ts';
import type { Plugin } from '../../src/plugin/definition.ts';
import { loadPlugin } from '../../src/plugin/load.ts';
import type { LoadedPlugin } from '../../src/plugin/loaded.ts';
import { underPluginLock } from '../../src/plugin/prepare-lock.ts';

export type Line = { level: string; fields: Record<string, unknown>; message: string };
export type Taken = { plugin: LoadedPlugin; lines: Line[]; prepare(db: Database): Promise<void> };

/** Loads a plugin and gives its log lines. */
export function takePlugin(definition: Plugin, config?: unknown): Taken {
  const lines: Line[] = [];
  const say = (level: string) => (fields: object, message: string) => void lines.push({ level, fields: { ...fields }, message });
  const log: PluginLog = { info: say('info'), warn: say('warn'), error: say('error') };
  const plugin = loadPlugin(definition, { config, log });
  return {
    plugin,
    lines,
    prepare: (db) =>
      underPluginLock(db, log, async () => {
        for (const step of plugin.prepare) await step(db);
      }),
  };
}
