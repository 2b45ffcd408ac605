// Names that the core has already: no plugin can have them.
import { builder } from '../graphql/builder.ts';
import type { LoadedPlugin } from './loaded.ts';

/** Throws where types of the plugin would be named like one of the core. After the core's modules were loaded. */
export function assertCoreLacks({ id, names }: Pick<LoadedPlugin, 'id' | 'names'>): void {
  if (builder.configStore.hasImplementation(names.pascal))
    throw new Error(`${id}: the core has a type ${names.pascal}, so its id must be another`);
}
