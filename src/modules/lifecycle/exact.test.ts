import { expect, test } from 'vitest';
import type { StoredRule } from '../rules/index.ts';
import { isExact } from './exact.ts';

const orders = { kinds: ['00000000-0000-0000-0000-000000000001'] };
const exact: StoredRule[] = [
  { interactions: { where: orders, count: { gte: 3 } } },
  { interactions: { sum: { of: 'VALUE', currency: 'EUR', gt: '100' }, from: '2024-01-01T00:00:00.000Z' } },
  {
    all: [
      { interactions: { distinct: { of: 'KIND', gte: 2 } } },
      { any: [{ interactions: { first: { before: '2024-01-01T00:00:00.000Z' } } }] },
    ],
  },
];
const wandering: StoredRule[] = [
  { interactions: { where: orders, within: { days: 365 }, count: { gte: 3 } } },
  { interactions: { count: { lte: 3 } } },
  { interactions: { last: { after: '2024-01-01T00:00:00.000Z' } } },
  { interactions: { average: { of: 'VALUE', gte: '1' } } },
  { interactions: { first: { olderThan: { days: 3 } } } },
  { opportunities: { count: { gte: 1 } } },
  { not: { interactions: { count: { gte: 1 } } } },
  { all: [{ interactions: { count: { gte: 1 } } }, { field: { country: { eq: 'GB' } } }] },
];

test.each(exact)('the moment is one for good: %j', (rule) => expect(isExact(rule)).toBe(true));
test.each(wandering)('the moment wanders: %j', (rule) => expect(isExact(rule)).toBe(false));
