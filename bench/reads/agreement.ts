// Before anything is timed: every peer has to tell all that was asked for, and the same as the others.
import { isDeepStrictEqual } from 'node:util';
import type { RequestKey } from './world.ts';

/** Whether an answer is whole: lists that are empty with every peer would agree too. */
const isWhole: Record<RequestKey, (told: never) => boolean> = {
  Page20x5: (told) => isPage(told, 20, 5),
  Page100x10: (told) => isPage(told, 100, 10),
  One: (told: string[]) => told.length === 2 && told.every(Boolean),
  Deep: ([names, more]: [string[], boolean]) => names.length === 20 && more,
  Timeline: (told: string[]) => told.length === 20,
  Count: (told: number) => told === 1000,
};

function isPage([customers, more]: [[string, string[]][], boolean], size: number, nested: number): boolean {
  return more && customers.length === size && customers.every(([, subjects]) => subjects.length === nested);
}

/** Takes what each peer told, by its name. Throws unless all told the same, and all of it. */
export function mustAgree(key: RequestKey, told: Map<string, unknown>): void {
  const [[firstName, first] = ['', null]] = told;
  for (const [name, one] of told) {
    if (!isWhole[key](one as never)) throw new Error(`${key}: ${name} does not tell all: ${JSON.stringify(one).slice(0, 500)}`);
    if (!isDeepStrictEqual(one, first))
      throw new Error(`${key}: ${name} tells something else than ${firstName}:\n${JSON.stringify(one)}\n${JSON.stringify(first)}`);
  }
}
