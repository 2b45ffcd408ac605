// Conditions on one custom attribute.
import type { Test } from './filter.ts';
import { limited } from './filter-limits.ts';
import { demand } from './refuse.ts';
import type { Row } from './tables.ts';
import { and, compare, known, or, type Truth } from './values.ts';

type Operators = Record<string, unknown>;
type AttributeCondition = { key: string } & Record<string, unknown>;

/** The test of one attribute condition. Throws BAD_USER_INPUT and FILTER_TOO_COMPLEX. */
export function attributeTest(condition: AttributeCondition): Test {
  const { key } = condition;
  demand(/^[a-z][a-z0-9_]{0,62}$/.test(key), 'BAD_USER_INPUT');
  const text = (row: Row) => row.$attributes[key] ?? null;
  const tests: Test[] = [];
  const texts = condition.text as Operators | null | undefined;
  if (texts) {
    tests.push(range(key, 'text', text, texts));
    const start = texts.startsWith as string | null | undefined;
    if (start != null) tests.push((row) => known(text(row), start, () => text(row)!.startsWith(start)));
  }
  if (condition.date) tests.push(range(key, 'text', text, inUtc(condition.date as Operators)));
  if (condition.number) tests.push(range(key, 'numeric', (row) => attributeNumber(row, key), condition.number as Operators));
  if (condition.boolean != null) tests.push((row) => holds(row, key, condition.boolean));
  if (condition.has != null)
    tests.push((row) => {
      const value = (row.attributes as Operators)[key];
      return Array.isArray(value) && value.includes(condition.has);
    });
  if (condition.isNull != null) tests.push((row) => (text(row) === null) === condition.isNull);
  return (row) => and(tests.map((test) => test(row)));
}

/** The attribute's number as text; null where it is none. */
export function attributeNumber(row: Row, key: string): string | null {
  return typeof (row.attributes as Operators)[key] === 'number' ? row.$attributes[key]! : null;
}

// Containment of jsonb: the same value of the same JSON type.
function holds(row: Row, key: string, value: unknown): boolean {
  return (row.attributes as Operators)[key] === value;
}

function range(key: string, type: string, read: (row: Row) => string | null, operators: Operators): Test {
  const tests: Test[] = [];
  const against = (operand: unknown, test: (order: number) => boolean) => (row: Row) =>
    known(read(row), operand, () => test(compare(type, read(row), operand)));
  const { eq, ne, in: list, gt, gte, lt, lte } = operators;
  if (eq != null)
    tests.push(
      (row) => holds(row, key, eq),
      against(eq, (order) => order === 0),
    );
  if (ne != null) tests.push((row) => !holds(row, key, ne));
  if (list) {
    const values = limited(list as unknown[]);
    tests.push((row) => or(values.map((value) => holds(row, key, value))));
    tests.push((row) => or(values.map((value): Truth => against(value, (order) => order === 0)(row))));
  }
  if (gt != null) tests.push(against(gt, (order) => order > 0));
  if (gte != null) tests.push(against(gte, (order) => order >= 0));
  if (lt != null) tests.push(against(lt, (order) => order < 0));
  if (lte != null) tests.push(against(lte, (order) => order <= 0));
  return (row) => and(tests.map((test) => test(row)));
}

function inUtc(operators: Operators): Operators {
  const one = (text: string) => {
    if (!text.includes('T')) return text;
    demand(!Number.isNaN(new Date(text).getTime()), 'BAD_USER_INPUT');
    return new Date(text).toISOString();
  };
  const all = (value: unknown) => (typeof value === 'string' ? one(value) : Array.isArray(value) ? value.map(one) : null);
  return Object.fromEntries(Object.entries(operators).map(([name, value]) => [name, all(value)]));
}
