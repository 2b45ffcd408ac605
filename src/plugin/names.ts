// The forms of a plugin's id that begin the names of whatever it adds.
import type { PluginNames } from './loaded.ts';

export const idPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
export const MAX_ID = 30;

/** `channel-email` as types, fields, attributes and codes begin. */
export function pluginNames(id: string): PluginNames {
  const pascal = id.split('-').map(capital).join('');
  return {
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    snake: id.replaceAll('-', '_'),
    upper: id.replaceAll('-', '_').toUpperCase(),
  };
}

/** `points` -> `Points`. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
