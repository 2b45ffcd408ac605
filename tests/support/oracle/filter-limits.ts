// What a filter may hold, as the documentation says it.
import { demand } from './refuse.ts';

export const MAX_DEPTH = 5;
export const MAX_CONDITIONS = 50;
const MAX_VALUES = 500;

/** The list, unless it is too long. */
export function limited<T>(list: T[]): T[] {
  demand(list.length <= MAX_VALUES, 'FILTER_TOO_COMPLEX');
  return list;
}
