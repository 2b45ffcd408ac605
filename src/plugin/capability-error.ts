// What is thrown where a plugin uses what it has not declared.
import type { LoadedPlugin } from './loaded.ts';

/** An Error that says which capability to declare, with the code PLUGIN_CAPABILITY_MISSING. */
export function capabilityError({ id }: Pick<LoadedPlugin, 'id'>, used: string, capability: string): Error {
  const error = new Error(`${id}: it uses ${used} without the capability: add '${capability}' to its capabilities`);
  return Object.assign(error, { code: 'PLUGIN_CAPABILITY_MISSING' });
}

export function declares({ definition }: LoadedPlugin, capability: string): boolean {
  return definition.capabilities.includes(capability);
}
