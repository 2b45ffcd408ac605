// What several parts of the schema ask of their options.
import type { LoadedPlugin } from '../../loaded.ts';

const MOST_MS = 60_000;

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

/** What a field declares of its cost. */
export function costOf(place: string, cost: number | undefined): object {
  if (cost === undefined) return {};
  if (!Number.isFinite(cost) || cost < 0) throw new Error(`${place}: cost must be a number of points`);
  return { cost: { complexity: cost } };
}
