// Filters of entities, made of values that really occur and some that do not.
import { type GraphQLInputObjectType, getNamedType } from 'graphql';
import { columnsOf, type ModelName } from '../../../src/db/models.ts';
import { type Entity, entityNamed, type FilterSpec } from '../../../src/query/entity.ts';
import { attributeKeys, cut } from '../samples.ts';
import { chooseRare } from './coverage.ts';
import type { Maker } from './maker.ts';

type Json = Record<string, unknown>;

function inputNamed(maker: Maker, name: string): GraphQLInputObjectType {
  return maker.schema.getType(name) as GraphQLInputObjectType;
}

const keysOf: Record<string, string[]> = {
  text: ['tier', 'notes'],
  number: ['score'],
  boolean: ['vip'],
  date: ['since', 'seen_at'],
  has: ['colours'],
};

/** A filter of an entity, at most `depth` deep. */
export function filterOf(maker: Maker, entity: Entity, depth = 3): Json {
  const { random, coverage } = maker;
  const type = inputNamed(maker, `${entity.name}Filter`);
  const names = Object.keys(type.getFields()).filter((name) => depth > 1 || !['and', 'or', 'not'].includes(name));
  const filter: Json = {};
  const many = random.pick([0, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
  for (let i = 0; i < many; i++) {
    const name = chooseRare(random, coverage, type.name, names);
    if (random.chance(0.02)) filter[name] = null;
    else if (name === 'and' || name === 'or')
      filter[name] = Array.from({ length: random.pick([0, 1, 2, 2, 3]) }, () => filterOf(maker, entity, depth - 1));
    else if (name === 'not') filter[name] = filterOf(maker, entity, depth - 1);
    else if (name === 'archived') filter[name] = random.pick(['EXCLUDE', 'INCLUDE', 'INCLUDE', 'ONLY']);
    else if (name === 'attributes') filter[name] = Array.from({ length: random.pick([1, 1, 2]) }, () => attributeOf(maker, entity));
    else {
      const operators = getNamedType(type.getFields()[name]!.type) as GraphQLInputObjectType;
      filter[name] = conditionOf(maker, entity, entity.filters![name]!, operators, depth);
    }
  }
  return filter;
}

function conditionOf(maker: Maker, entity: Entity, spec: FilterSpec, type: GraphQLInputObjectType, depth: number): unknown {
  if ('search' in spec) return part(maker, String(maker.pools.value(entity.name, spec.search) ?? 'a'));
  if ('relation' in spec) return filterOf(maker, entityNamed(spec.relation), depth - 1);
  if ('listOf' in spec) return listConditionOf(maker, entityNamed(spec.listOf), type, depth);
  if ('id' in spec) return operatorsOf(maker, type, () => pointedAt(maker, entity, spec.id, spec.entity, true));
  if ('keyOf' in spec) return operatorsOf(maker, type, () => pointedAt(maker, entity, spec.keyOf, spec.entity, false));
  const { list } = columnsOf(entity.name).find(({ name }) => name === spec.column)!;
  const value = () => written(maker, maker.pools.value(entity.name, spec.column));
  if (!list) return operatorsOf(maker, type, value);
  return operatorsOf(maker, type, () => maker.random.pick([...(maker.pools.value(entity.name, spec.column) as string[]), 'nobody']));
}

function listConditionOf(maker: Maker, target: Entity, type: GraphQLInputObjectType, depth: number): Json {
  const name = chooseRare(maker.random, maker.coverage, type.name, Object.keys(type.getFields()));
  return { [name]: depth > 0 ? filterOf(maker, target, depth - 1) : {} };
}

/** The same value, at times written in another way. */
function written(maker: Maker, value: unknown): unknown {
  const { random } = maker;
  if (typeof value !== 'string' || !random.chance(0.15)) return value;
  if (/^\d{4}-\d\d-\d\dT.*Z$/.test(value)) return random.pick([value.replace('.000Z', '+00:00'), value.replace('Z', '+02:00')]);
  return value;
}

/** Id or key of the row that some row's column points to, or of any other. */
function pointedAt(maker: Maker, entity: Entity, column: string, target: string, byId: boolean): unknown {
  const { random, pools } = maker;
  if (byId && random.chance(0.04)) return pools.id(target);
  const uuid = random.chance(0.8) ? pools.value(entity.name, column) : null;
  const rows = pools.rows(target as ModelName);
  const row = rows.find(({ id }) => id === uuid) ?? random.pick(rows);
  if (!byId) return random.chance(0.05) ? 'no_such_key' : row.key;
  return pools.idOf(target, row.id);
}

function operatorsOf(maker: Maker, type: GraphQLInputObjectType, value: () => unknown): Json {
  const { random, coverage } = maker;
  const some = () => {
    for (let i = 0; i < 6; i++) {
      const found = value();
      if (found !== null && found !== undefined) return found;
    }
    return null;
  };
  const operators: Json = {};
  const many = random.pick([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
  for (let i = 0; i < many; i++) {
    const name = chooseRare(random, coverage, type.name, Object.keys(type.getFields()));
    operators[name] = random.chance(0.02) ? null : operand(maker, name, some);
  }
  return operators;
}

/** What means something else in a pattern than in a text. */
const wild = ['%', '_', 'a_', '_l', '1%', '\\', '\\_'];

function operand(maker: Maker, operator: string, some: () => unknown): unknown {
  const { random } = maker;
  if (operator === 'isNull' || operator === 'isEmpty') return random.chance(0.5);
  if (operator === 'startsWith') return random.chance(0.15) ? random.pick(wild) : cut(String(some() ?? ''), 0, random.int(0, 3));
  if (!['in', 'notIn', 'hasAll', 'hasAny'].includes(operator)) return some();
  return Array.from({ length: random.pick([0, 1, 2, 3, 3]) }, some).filter((value) => value !== null);
}

function part(maker: Maker, text: string): string {
  const { random } = maker;
  const from = random.int(0, Math.max(0, text.length - 1));
  const found = random.chance(0.15) ? random.pick(wild) : cut(text, from, from + random.int(0, 4));
  return random.chance(0.5) ? found : random.chance(0.5) ? found.toUpperCase() : found.toLowerCase();
}

function attributeOf(maker: Maker, entity: Entity): Json {
  const { random, coverage, pools } = maker;
  const type = inputNamed(maker, 'AttributeFilter');
  const names = Object.keys(type.getFields()).filter((name) => name !== 'key');
  const name = chooseRare(random, coverage, type.name, names);
  // Mostly one whose values are of that type.
  const key = random.pick(random.chance(0.8) ? (keysOf[name] ?? attributeKeys) : attributeKeys);
  const value = () => pools.attribute(entity.name, key);
  const typed = (wanted: string, other: () => unknown) => () => {
    const found = value();
    return typeof found === wanted ? found : random.chance(0.3) ? other() : null;
  };
  const operators = (fallback: () => unknown, wanted: string) =>
    operatorsOf(maker, getNamedType(type.getFields()[name]!.type) as GraphQLInputObjectType, typed(wanted, fallback));
  const conditions: Record<string, () => unknown> = {
    text: () => operators(() => 'gold', 'string'),
    number: () => operators(() => 1.5, 'number'),
    date: () => operators(() => random.pick(['2025-06-01', '2025-01-01T10:30:00+01:00']), 'string'),
    boolean: () => random.chance(0.5),
    has: () => random.pick(['red', 'green', 'a "b"', 'none']),
    isNull: () => random.chance(0.5),
  };
  return { key, [name]: conditions[name]!() };
}
