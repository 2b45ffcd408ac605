// Names in the API, prefixed by construction; a name that is taken is told with who has it.
import { builder } from '../../../graphql/builder.ts';
import type { Added, LoadedPlugin } from '../../loaded.ts';
import { capital } from '../../names.ts';

const fieldName = /^[a-z][A-Za-z0-9]{0,59}$/;
const typeName = /^[A-Z][A-Za-z0-9]{0,59}$/;
const valueName = /^[A-Z][A-Z0-9_]{0,59}$/;

/** Who has added what: `Customer.loyaltyPoints` -> loyalty. */
const taken = new Map<string, string>();

/** `points` of loyalty: `loyaltyPoints`. */
export function fieldNamed(plugin: LoadedPlugin, name: string): string {
  if (!fieldName.test(name)) throw new Error(`"${shown(name)}" is no name of a field: a lower-case letter, then letters and digits`);
  return plugin.names.camel + capital(name);
}

/** `Tier` of loyalty: `LoyaltyTier`. */
export function typeNamed(plugin: LoadedPlugin, name: string): string {
  if (!typeName.test(name)) throw new Error(`"${shown(name)}" is no name of a type: a capital letter, then letters and digits`);
  return plugin.names.pascal + name;
}

export function requireValueName(type: string, name: string): void {
  if (!valueName.test(name) || ['TRUE', 'FALSE', 'NULL'].includes(name))
    throw new Error(`"${shown(name)}" is no value of ${type}: capital letters, digits and _`);
}

/** The name of a field of the plugin's own types: as it is. */
export function requireFieldName(type: string, name: string): void {
  if (!fieldName.test(name))
    throw new Error(`"${shown(name)}" is no name of a field of ${type}: a lower-case letter, then letters and digits`);
}

export function requireDescription(what: string, description: unknown): void {
  if (typeof description !== 'string' || description.trim() === '') throw new Error(`${what} needs a description`);
}

/** Takes the name of a field on a type, such as `Customer.loyaltyPoints`, and notes it among what the plugin adds. */
export function takeField(plugin: LoadedPlugin, kind: Added['kind'], type: string, field: string): void {
  take(plugin, `${type}.${field}`);
  plugin.added.push({ kind, name: kind === 'FIELD' ? `${type}.${field}` : field });
}

/** Takes the name of a type; `told`: unless it is only a part of something that is told, such as an input. */
export function takeType(plugin: LoadedPlugin, type: string, told = true): void {
  if (builder.configStore.hasImplementation(type) && !taken.has(type)) throw new Error(`the core has a type ${type}`);
  take(plugin, type);
  if (told) plugin.added.push({ kind: 'TYPE', name: type });
}

function take(plugin: LoadedPlugin, name: string): void {
  const owner = taken.get(name);
  if (owner !== undefined) throw new Error(owner === plugin.id ? `it adds ${name} twice` : `the plugin ${owner} adds ${name} already`);
  taken.set(name, plugin.id);
}

function shown(name: unknown): string {
  return String(name).slice(0, 60);
}
