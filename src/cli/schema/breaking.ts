// What of a change of the API breaks its consumers, and the list of what was decided to be broken.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type BreakingChange, buildSchema, findBreakingChanges } from 'graphql';

/** An entry of `schema/allowed-breaking-changes.json`. */
export type Allowed = { change: string; reason: string };

/** The changes from one SDL to another that break a consumer and are not in the list. */
export function unallowedChanges(before: string, after: string, allowed: readonly Allowed[]): BreakingChange[] {
  const known = new Set(allowed.map((entry) => entry.change));
  return findBreakingChanges(buildSchema(before), buildSchema(after)).filter((change) => !known.has(textOf(change)));
}

/** A change as the list names it. */
export function textOf(change: BreakingChange): string {
  return `${change.type}: ${change.description}`;
}

/** Reads the list; without a file it is empty. Throws a TypeError where it is not a list of `{ change, reason }`. */
export function readAllowed(file: string): Allowed[] {
  if (!existsSync(file)) return [];
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isEntry = (entry: unknown) => typeof (entry as Allowed)?.change === 'string' && Boolean((entry as Allowed).reason);
  if (!Array.isArray(list) || !list.every(isEntry)) throw new TypeError(`${file} must be a list of { "change", "reason" }`);
  return list as Allowed[];
}

/** Adds changes to the list, for a reason. */
export function allow(file: string, changes: readonly BreakingChange[], reason: string): void {
  const list = [...readAllowed(file), ...changes.map((change) => ({ change: textOf(change), reason }))];
  writeFileSync(file, `${JSON.stringify(list, null, 2)}\n`);
}
