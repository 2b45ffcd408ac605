// The types of events that a plugin follows. One that nobody writes would silently never come, so it stops the start, with
// the type that was most likely meant. Events of other plugins cannot be known: theirs are told in the log.
import { coreEventTypes, hintOf, isCoreNoun, likelyCoreType } from '../events/index.ts';
import type { LoadedPlugin } from './loaded.ts';
import { loadedPlugins } from './registry.ts';

const typePattern = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;

/** Throws an Error that begins with `what` where one of the types is none; those of other plugins are looked at once all are loaded. */
export function followTypes(plugin: LoadedPlugin, what: string, types: unknown): void {
  if (!Array.isArray(types) || types.length === 0) throw new Error(`${what} must name the types of the events it follows`);
  for (const type of types as unknown[]) {
    const shown = `${what} names "${String(type).slice(0, 80)}"`;
    if (typeof type !== 'string') throw new Error(`${shown}, which is no type such as customer.created`);
    const [noun = '', verb = ''] = type.split('.');
    assertOwn(plugin, shown, noun, verb);
    if (!typePattern.test(type)) throw new Error(`${shown}, which is no type such as customer.created`);
    if (noun === plugin.names.snake || coreEventTypes.has(type)) continue;
    if (isCoreNoun(noun)) throw new Error(`${shown}, and the core writes no such event${hintOf(type)}`);
    plugin.prepare.push(async () => lookAtForeign(plugin, shown, type));
  }
}

/** `p-x.planned` and `px.planned` of the plugin `p-x`, whose events are `p_x.…`. */
function assertOwn({ names }: LoadedPlugin, shown: string, noun: string, verb: string): void {
  const plain = (word: string) => word.replaceAll(/[-_]/g, '').toLowerCase();
  if (noun !== names.snake && plain(noun) === plain(names.snake))
    throw new Error(`${shown}: events of this plugin begin with ${names.snake}: do you mean ${names.snake}.${verb}?`);
}

function lookAtForeign(plugin: LoadedPlugin, shown: string, type: string): void {
  const [noun = ''] = type.split('.');
  if (loadedPlugins().some(({ names }) => names.snake === noun)) return;
  if (likelyCoreType(type) !== undefined) throw new Error(`${shown}, and neither the core nor a plugin writes such events${hintOf(type)}`);
  plugin.log.warn({ plugin: plugin.id, type }, 'a plugin follows events of a plugin that is not there');
}
