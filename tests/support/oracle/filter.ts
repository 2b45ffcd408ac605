// Filters as tests on one row. Everything that a filter can be refused for is refused before the first row is looked at.

import { columnsOf, type ModelName } from '../../../src/db/models.ts';
import { decodeTypeId } from '../../../src/lib/typeid.ts';
import { type Entity, entityNamed, type FilterSpec } from '../../../src/query/entity.ts';
import { attributeTest } from './attribute-filter.ts';
import { limited, MAX_CONDITIONS, MAX_DEPTH } from './filter-limits.ts';
import { demandRead, demandShown, fieldShowing, isVisible, type Oracle } from './policy.ts';
import { demand, refuse } from './refuse.ts';
import type { Row } from './tables.ts';
import { and, compare, known, or, type Truth } from './values.ts';

/** Whether a row fulfils a condition: as in SQL, not knowing is an answer. */
export type Test = (row: Row) => Truth;
type Input = Record<string, unknown>;
type Counter = { conditions: number };
type ListSpec = Extract<FilterSpec, { listOf: string }>;
type ColumnSpec = Exclude<FilterSpec, ListSpec>;
type ListInput = { some?: Input | null; none?: Input | null };

export function isArchivable(entity: Entity): boolean {
  return entity.fields.includes('archivedAt');
}

/** The test of a whole filter, archived rows hidden unless it asks for them. */
export function filterTest(oracle: Oracle, entity: Entity, filter: Input | null | undefined): Test {
  const tests: Test[] = [];
  if (isArchivable(entity)) {
    const archived = filter?.archived ?? 'EXCLUDE';
    if (archived !== 'EXCLUDE') demandShown(oracle.viewer, entity, 'archivedAt');
    if (archived !== 'INCLUDE') tests.push((row) => (row.archivedAt !== null) === (archived === 'ONLY'));
  }
  if (filter) tests.push(nodeTest(oracle, entity, filter, 1, { conditions: 0 }));
  return (row) => and(tests.map((test) => test(row)));
}

function count(counter: Counter): void {
  counter.conditions++;
  demand(counter.conditions <= MAX_CONDITIONS, 'FILTER_TOO_COMPLEX');
}

function nodeTest(oracle: Oracle, entity: Entity, filter: Input, depth: number, counter: Counter): Test {
  demand(depth <= MAX_DEPTH, 'FILTER_TOO_COMPLEX');
  const given = Object.entries(filter).filter(([field, value]) => value != null && field !== 'archived');
  const tests = given.map(([field, value]) => fieldTest(oracle, entity, field, value, depth, counter));
  if (tests.length === 0) count(counter);
  return (row) => and(tests.map((test) => test(row)));
}

function fieldTest(oracle: Oracle, entity: Entity, field: string, value: unknown, depth: number, counter: Counter): Test {
  const inner = (part: unknown) => nodeTest(oracle, entity, part as Input, depth + 1, counter);
  if (Array.isArray(value) && value.length === 0) count(counter);
  if (field === 'not') return not(inner(value));
  if (field === 'and' || field === 'or') {
    const tests = (value as unknown[]).map(inner);
    const both = field === 'and' ? and : or;
    return (row) => both(tests.map((test) => test(row)));
  }
  count(counter);
  if (field === 'attributes') {
    demandShown(oracle.viewer, entity, 'attributes');
    const tests = (value as { key: string }[]).map((condition) => {
      count(counter);
      return attributeTest(condition);
    });
    return (row) => and(tests.map((test) => test(row)));
  }
  const spec = entity.filters![field]!;
  demandShown(oracle.viewer, entity, field);
  if ('listOf' in spec) return listTest(oracle, spec, value as ListInput, depth, counter);
  demandShown(oracle.viewer, entity, fieldShowing(entity, columnOf(spec)));
  return specTest(oracle, entity, spec, value, depth, counter);
}

function columnOf(spec: ColumnSpec): string {
  if ('column' in spec) return spec.column;
  if ('search' in spec) return spec.search;
  if ('id' in spec) return spec.id;
  return 'keyOf' in spec ? spec.keyOf : spec.key;
}

function specTest(oracle: Oracle, entity: Entity, spec: ColumnSpec, value: unknown, depth: number, counter: Counter): Test {
  const column = columnOf(spec);
  if ('search' in spec) return (row) => known(row[column], value, () => lower(row[column]).includes(lower(value)));
  if ('relation' in spec) {
    const target = entityNamed(spec.relation);
    demandRead(oracle.viewer, target);
    const test = nodeTest(oracle, target, value as Input, depth + 1, counter);
    return (row) => {
      const other = oracle.tables.byId(target.name, oracle.viewer.workspaceId, row[column]);
      return other !== undefined && isVisible(oracle, target, other) && test(other) === true;
    };
  }
  const tests = Object.entries(value as Input)
    .filter(([, operand]) => operand != null)
    .map(([operator, operand]): Test => {
      if ('id' in spec) return idTest(spec.entity, operator, operand, column);
      if ('keyOf' in spec) return keyTest(oracle, spec.entity as ModelName, operator, operand, column);
      return columnTest(entity, column, operator, operand);
    });
  return (row) => and(tests.map((test) => test(row)));
}

/** Some or none of the rows that point to this one, of those that the viewer sees and nobody archived. */
function listTest(oracle: Oracle, { listOf, by }: ListSpec, { some, none }: ListInput, depth: number, counter: Counter): Test {
  const { tables, viewer } = oracle;
  const target = entityNamed(listOf);
  demandRead(viewer, target);
  demandShown(viewer, target, fieldShowing(target, by));
  const fitting = (filter: Input): Test => {
    const test = nodeTest(oracle, target, filter, depth + 1, counter);
    return (row) =>
      tables
        .rows(target.name)
        .some(
          (one) =>
            one.workspaceId === viewer.workspaceId &&
            one[by] === row.id &&
            one.archivedAt == null &&
            isVisible(oracle, target, one) &&
            test(one) === true,
        );
  };
  const tests: Test[] = [];
  if (some) tests.push(fitting(some));
  if (none) tests.push(not(fitting(none)));
  return (row) => and(tests.map((test) => test(row)));
}

const lower = (text: unknown) => (text as string).toLowerCase();

function columnTest(entity: Entity, column: string, operator: string, operand: unknown): Test {
  const map = columnsOf(entity.name).find(({ name }) => name === column)!;
  const type = map.enum ? 'text' : map.type;
  const against = (other: unknown, test: (order: number) => boolean) => (row: Row) =>
    known(row[column], other, () => test(compare(type, row[column], other)));
  const list = (row: Row) => row[column] as string[];
  switch (operator) {
    case 'gt':
      return against(operand, (order) => order > 0);
    case 'gte':
      return against(operand, (order) => order >= 0);
    case 'lt':
      return against(operand, (order) => order < 0);
    case 'lte':
      return against(operand, (order) => order <= 0);
    case 'startsWith':
      return (row) => known(row[column], operand, () => (row[column] as string).startsWith(operand as string));
    case 'has':
      return (row) => list(row).includes(operand as string);
    case 'hasAll':
      return forValues(operand, (values) => (row) => values.every((value) => list(row).includes(value as string)));
    case 'hasAny':
      return forValues(operand, (values) => (row) => values.some((value) => list(row).includes(value as string)));
    case 'isEmpty':
      return (row) => (list(row).length === 0) === operand;
    default:
      return membership(column, operator, operand, (value) => against(value, (order) => order === 0));
  }
}

function forValues(operand: unknown, make: (values: unknown[]) => Test): Test {
  return make(limited(operand as unknown[]));
}

function not(test: Test): Test {
  return (row) => test(row) !== true;
}

/** eq, ne, in, notIn and isNull of a column; `equals` tells whether it is one value. */
function membership(column: string, operator: string, operand: unknown, equals: (value: unknown) => Test): Test {
  if (operator === 'isNull') return (row) => (row[column] === null) === operand;
  if (operator === 'eq') return equals(operand);
  if (operator === 'ne') return not(equals(operand));
  const tests = limited(operand as unknown[]).map(equals);
  if (operator === 'in') return (row) => or(tests.map((test) => test(row)));
  if (operator === 'notIn') return (row) => row[column] === null || !tests.some((test) => test(row));
  throw new Error(`the oracle does not know the operator ${operator}`);
}

function idTest(entity: string, operator: string, operand: unknown, column: string): Test {
  return membership(column, operator, Array.isArray(operand) ? limited(operand) : operand, (id) => {
    const uuid = idOf(entity, id);
    return (row) => known(row[column], uuid, () => row[column] === uuid);
  });
}

/** The UUID in an id of this entity. Throws ID_INVALID. */
export function idOf(entity: string, id: unknown): string {
  const parts = decodeTypeId(String(id));
  return parts?.prefix === entityNamed(entity).prefix ? parts.uuid : refuse('ID_INVALID');
}

// A vocabulary is looked up whatever the role may read of it; a key that nothing has is no value at all.
function keyTest({ tables, viewer }: Oracle, model: ModelName, operator: string, operand: unknown, column: string): Test {
  if (operator === 'isNull') return (row) => (row[column] === null) === operand;
  const keys = limited(Array.isArray(operand) ? operand : [operand]);
  const ids = tables
    .rows(model)
    .filter((row) => row.workspaceId === viewer.workspaceId && keys.includes(row.key))
    .map((row) => row.id);
  const among = (row: Row) => ids.includes(row[column] as string);
  if (operator === 'eq' || operator === 'in') return (row) => (ids.length === 0 ? false : row[column] === null ? null : among(row));
  return (row) => row[column] === null || !among(row);
}
