// What one filter may hold, wherever in it.
import { apiError } from '../graphql/errors.ts';

/** The depth of and/or/not and relations, the number of conditions, and the length of one list of values. */
export const filterLimits = { depth: 5, conditions: 50, values: 500 };

/** The list, if it is no longer than allowed. Throws FILTER_TOO_COMPLEX. */
export function bounded<T>(list: T[]): T[] {
  if (list.length > filterLimits.values) {
    throw apiError('FILTER_TOO_COMPLEX', `A list in the filter has more than ${filterLimits.values} values.`, {
      limit: 'filterValues',
      value: list.length,
      maximum: filterLimits.values,
    });
  }
  return list;
}
