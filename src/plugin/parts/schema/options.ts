// What several parts of the schema ask of their options.
import type { LoadedPlugin } from '../../loaded.ts';
import type { Value } from '../../values.ts';
import { scalarNames } from './values.ts';

const MOST_MS = 60_000;
/** Values of a list of scalars that cost one point. */
const VALUES_PER_POINT = 10;

export function requireTimeout(place: string, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MOST_MS)
    throw new Error(`${place}: timeoutMs must be from 1 to ${MOST_MS}`);
}

/** A scope that roles can hold: one that the plugin offers. */
export function requireScope({ id, definition }: LoadedPlugin, place: string, scope: string | undefined): void {
  if (scope === undefined) throw new Error(`${place} needs a scope such as ${id}:read`);
  if (!Object.hasOwn(definition.scopes, scope))
    throw new Error(`${place} needs the scope "${String(scope).slice(0, 60)}", which the plugin does not offer`);
}

/** What a field costs: what it declares; else a list of scalars is not free, and one of objects as long as it can be where that is said. */
export function costOf(place: string, cost: number | undefined, { list, most, type }: Value<unknown>): object {
  if (cost !== undefined && (!Number.isFinite(cost) || cost < 0)) throw new Error(`${place}: cost must be a number of points`);
  if (!list) return cost === undefined ? {} : { cost: { complexity: cost } };
  const scalar = scalarNames.has(type) || list.values !== undefined;
  if (scalar) return { cost: { complexity: cost ?? Math.ceil((most ?? VALUES_PER_POINT) / VALUES_PER_POINT) } };
  return { cost: { ...(cost !== undefined && { complexity: cost }), ...(most !== undefined && { size: most }) } };
}
