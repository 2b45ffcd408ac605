// Whether the moment since when a rule holds is one for good.
import type { JsonValue } from '../../db/models.ts';
import type { StoredRule } from '../rules/index.ts';

const measures = ['count', 'sum', 'distinct', 'first'];

/**
 * True where the moment only changes when the facts before it are corrected: "three orders". Not where it wanders with
 * time or with later facts: "three orders within a year", "the last order after …". Entries by such rules are only ever
 * corrected to an earlier moment.
 */
export function isExact(rule: StoredRule): boolean {
  const branches = Object.entries(rule).filter(([, value]) => value != null);
  return branches.every(([name, value]) => {
    if (name === 'all' || name === 'any') return (value as JsonValue[]).every((child) => isExact(child as StoredRule));
    // Opportunities go from one status to another: what counted yesterday is another one's place today.
    if (name !== 'interactions') return false;
    const { where: _where, ...rest } = value as StoredRule;
    return Object.entries(rest).every(
      ([part, operand]) => ['from', 'to'].includes(part) || (measures.includes(part) && isLowerBound(operand)),
    );
  });
}

// "At most three" holds until it does not.
function isLowerBound(operand: JsonValue): boolean {
  return (
    typeof operand === 'object' &&
    operand !== null &&
    !['lt', 'lte', 'eq', 'ne', 'isNull', 'within', 'olderThan', 'withinLast'].some((name) => name in operand)
  );
}
