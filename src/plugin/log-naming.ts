// The log of a plugin: every line names it, once, whoever writes the line.
import type { PluginLog } from './contexts.ts';

const levels = ['info', 'warn', 'error', 'debug'] as const;

/** The same log, with the plugin's id on each line. */
export function logNaming(id: string, log: PluginLog): PluginLog {
  const lines = log as Partial<Record<(typeof levels)[number], (fields: object, message: string) => void>>;
  const naming = levels
    .filter((level) => typeof lines[level] === 'function')
    .map((level) => [level, (fields: object, message: string) => lines[level]!({ plugin: id, ...fields }, message)]);
  // Whatever else the log can do it still does.
  return Object.assign(Object.create(log), Object.fromEntries(naming));
}
