// Selections: fields with arguments, aliases and conditions; inline and named fragments; fields that are asked for twice.
import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
} from 'graphql';
import { argumentsOf } from './arguments.ts';
import { chooseRare } from './coverage.ts';
import { MAX_DEPTH, type Maker, type Scope } from './maker.ts';
import { isOutside } from './outside.ts';
import { writeDirectives, writeValue } from './write.ts';

/** Where a selection stands: how deep, on how many objects. */
type Place = { depth: number; objects: number /** Which of an abstract type's they probably are. */; types?: string[] };

/** `{ … }` on a type, with at least one field. */
export function selectionOf(maker: Maker, type: GraphQLCompositeType, scope: Scope, place: Place): string {
  const parts = isAbstractType(type) ? abstractParts(maker, type, scope, place) : objectParts(maker, type, scope, place);
  return `{ ${parts.join(' ')} }`;
}

function abstractParts(maker: Maker, type: GraphQLCompositeType, scope: Scope, place: Place): string[] {
  const { random, schema } = maker;
  const possible = isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [];
  const likely = possible.filter(({ name }) => place.types?.includes(name));
  const chosen = [...new Set([...likely, ...random.some(possible, random.chance(0.15) ? possible.length : random.int(0, 3))])];
  const spare = chosen.length > 6 ? { ...place, depth: Math.max(place.depth, MAX_DEPTH - 3) } : place;
  const parts = chosen.map((one) => inlineFragment(maker, one, scope, spare));
  if ('getFields' in type) parts.push(...Object.values(type.getFields()).map((field) => fieldText(maker, type.name, field, scope, place)));
  if (random.chance(0.6) || parts.length === 0) parts.unshift(named(maker, scope, '__typename', `${type.name}.__typename`));
  return parts;
}

function objectParts(maker: Maker, type: GraphQLObjectType, scope: Scope, place: Place): string[] {
  const { random } = maker;
  const parts: string[] = [];
  const many = place.depth === 1 ? random.pick([1, 1, 1, 2, 3]) : random.int(1, Math.min(5, Object.keys(type.getFields()).length));
  for (let i = 0; i < many; i++) {
    const text = onePart(maker, type, scope, place);
    if (text) parts.push(text);
  }
  if (parts.length === 0 || random.chance(0.08)) parts.push(named(maker, scope, '__typename', '__typename'));
  return parts;
}

function onePart(maker: Maker, type: GraphQLObjectType, scope: Scope, place: Place): string | null {
  const { random, schema } = maker;
  if (place.depth > 1 && random.chance(0.06)) return inlineFragment(maker, type, scope, place);
  if (random.chance(0.05)) return namedFragment(maker, type, scope, place);
  const node = type.getInterfaces()[0];
  if (node && random.chance(0.03))
    return `... on ${node.name} { ${Object.values(node.getFields())
      .map((field) => fieldText(maker, type.name, field, scope, place))
      .join(' ')} }`;
  const fields = type.getFields();
  const affordable = Object.keys(fields).filter((name) => {
    if (isOutside(type.name, name)) return false;
    const target = getNamedType(fields[name]!.type);
    if (!isCompositeType(target)) return true;
    if (place.depth >= MAX_DEPTH - 2 || maker.left <= 0) return isLeafLike(target);
    return !target.name.endsWith('Connection') || place.objects <= 60;
  });
  if (affordable.length === 0 || !schema) return null;
  return fieldText(maker, type.name, fields[chooseRare(random, maker.coverage, type.name, affordable)]!, scope, place);
}

/** An object that holds nothing but plain values. */
function isLeafLike(type: GraphQLCompositeType): boolean {
  return isObjectType(type) && Object.values(type.getFields()).every((field) => !isCompositeType(getNamedType(field.type)));
}

function inlineFragment(maker: Maker, type: GraphQLObjectType, scope: Scope, place: Place): string {
  const condition = isObjectType(type) && maker.random.chance(0.85) ? ` on ${type.name}` : null;
  // Without a condition it stands on the type around, which is the same only for objects.
  const directives = writeDirectives(maker);
  return `...${condition ?? ` on ${type.name}`}${directives} { ${objectParts(maker, type, scope, { ...place, depth: Math.max(2, place.depth) }).join(' ')} }`;
}

function namedFragment(maker: Maker, type: GraphQLObjectType, scope: Scope, place: Place): string {
  const { random, fragments } = maker;
  const fits = fragments.find(
    (one) => one.type === type.name && one.rows >= place.objects && one.depth >= place.depth && joins(scope, one.scope),
  );
  if (fits) {
    for (const [name, entry] of fits.scope) scope.set(name, entry);
    return `...${fits.name}${writeDirectives(maker)}`;
  }
  const name = `${random.pick(['Part', 'on_', '_f'])}${++maker.names}`;
  const own: Scope = new Map();
  // Names of its own, so that it can be spread anywhere.
  const text = objectParts(maker, type, own, { ...place, depth: Math.max(2, place.depth) }).join(' ');
  if (!joins(scope, own)) return `... on ${type.name} { ${named(maker, scope, '__typename', '__typename')} }`;
  for (const [response, entry] of own) scope.set(response, entry);
  fragments.push({ name, type: type.name, text, scope: own, rows: place.objects, depth: place.depth });
  return `...${name}`;
}

function joins(scope: Scope, other: Scope): boolean {
  return ![...other.keys()].some((name) => scope.has(name));
}

/** A field under a response name that is free or means the same. */
function fieldText(maker: Maker, type: string, field: GraphQLField<unknown, unknown>, scope: Scope, place: Place): string {
  const { random } = maker;
  const { args, rows, types } = argumentsOf(maker, type, field, place.objects);
  const texts = field.args
    .filter(({ name }) => name in args)
    .map((arg) => `${arg.name}: ${writeValue(maker, arg.type, args[arg.name], { lift: 0.3 })}`);
  const written = texts.length === 0 ? '' : `(${(random.chance(0.2) ? texts.reverse() : texts).join(', ')})`;
  const wanted = random.chance(0.12)
    ? `${random.pick(['a', 'nodes', 'id', '_x', 'total'])}${random.chance(0.5) ? '' : ++maker.names}`
    : field.name;
  const response = freeName(maker, scope, wanted, `${type}.${field.name}${written}`);
  const alias = response === field.name ? '' : `${response}: `;
  const target = getNamedType(field.type);
  if (!isCompositeType(target)) return `${alias}${field.name}${written}${writeDirectives(maker)}`;
  const objects = place.objects * rows;
  maker.left -= isPlain(target) ? 0 : objects;
  const child = scope.get(response)!.child;
  return `${alias}${field.name}${written}${writeDirectives(maker)} ${selectionOf(maker, target, child, { depth: place.depth + 1, objects, ...(types && { types }) })}`;
}

/** Types that stand for no row of their own. */
function isPlain(type: GraphQLCompositeType): boolean {
  return ['PageInfo', 'BoundedCount', 'Money', 'ExternalRef', 'Limits', 'Viewer'].includes(type.name);
}

function freeName(maker: Maker, scope: Scope, wanted: string, means: string): string {
  const found = scope.get(wanted);
  if (found?.means === means) return wanted;
  const name = found ? `a${++maker.names}` : wanted;
  scope.set(name, { means, child: new Map() });
  return name;
}

function named(maker: Maker, scope: Scope, field: string, means: string): string {
  const name = freeName(maker, scope, field, means);
  return name === field ? field : `${name}: ${field}`;
}
