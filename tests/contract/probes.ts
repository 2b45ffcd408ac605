// Every place of the API where a caller names something: arguments and input fields of type ID, texts that may be keys,
// references to other systems, identities and cursors.
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import type { RichWorkspace } from './rich-workspace.ts';
import { sampleOf, withCompanions } from './samples.ts';

/** How a place names something. */
export type PlaceKind = 'ID' | 'TEXT' | 'REFERENCE' | 'JSON' | 'CURSOR';

export type Place = {
  kind: PlaceKind;
  /** Argument, then input fields. */
  path: string[];
  type: GraphQLInputType;
  /** The input field or argument that it fills, whatever leads there: `CustomerFilter.owner`. */
  owner: string;
  /** Below `and`, `or` or `not` of a filter, or `all` of a rule. */
  wrapped: boolean;
};

export type ApiField = {
  operation: 'query' | 'mutation' | 'subscription';
  /** The record it belongs to; null for root fields. */
  parent: string | null;
  field: GraphQLField<unknown, unknown>;
  places: Place[];
};

/** Scalars that name nothing. */
const NAMELESS = new Set(['Int', 'Float', 'Boolean', 'DateTime', 'Date', 'Decimal', 'CurrencyCode', 'CountryCode', 'BigInt']);

/** Inputs of operators on one column: they belong to the field above. */
const OPERATORS = /^(ID|String|StringList|Key|AttributeText|AttributeDate)Filter$/;

/** All fields with places to name something in. Throws for a scalar or a parent that it does not know. */
export function apiFields(schema: GraphQLSchema): ApiField[] {
  const roots = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() };
  const found: ApiField[] = [];
  for (const [operation, type] of Object.entries(roots) as [ApiField['operation'], GraphQLObjectType][]) {
    for (const field of Object.values(type.getFields())) found.push({ operation, parent: null, field, places: placesOf(field) });
  }
  const rootTypes = new Set<unknown>(Object.values(roots));
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || rootTypes.has(type) || (!isObjectType(type) && !isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields())) {
      const places = placesOf(field);
      if (places.length === 0) continue;
      if (!isObjectType(type) || !type.getInterfaces().some((one) => one.name === 'Node'))
        throw new Error(`${type.name}.${field.name} names something, but nothing leads to its parent`);
      found.push({ operation: 'query', parent: type.name, field, places });
    }
  }
  return withRulesOnce(withFeedsOnce(withFiltersOnce(found))).filter((one) => one.places.length > 0);
}

/** The ways to the filters around a place, from the outermost. */
function filtersAround({ path }: Place, field: GraphQLField<unknown, unknown>): string[] {
  const ways: string[] = [];
  let type: GraphQLNamedType | undefined = getNamedType(field.args.find(({ name }) => name === path[0])?.type);
  for (let i = 1; i < path.length && isInputObjectType(type); i++) {
    if (isFilter(type)) ways.push(path.slice(0, i).join('.'));
    type = getNamedType(type.getFields()[path[i]!]?.type);
  }
  return ways;
}

/**
 * A filter is one input, and its code the same, wherever it stands. Whole it is tried at the list of its entity under the
 * root; in the lists of records without and, or and not. Of a filter within one, a single place of each kind is tried.
 */
function withFiltersOnce(found: ApiField[]): ApiField[] {
  return found.map((api) => {
    const isRootList = api.parent === null && getNamedType(api.field.type).name.endsWith('Connection');
    const tried = new Set<string>();
    const places = api.places.filter((place) => {
      const around = filtersAround(place, api.field);
      if (place.wrapped && around.length > 0 && !isRootList) return false;
      if (place.wrapped || around.length < 2) return true;
      const way = `${place.kind} ${around.at(-1)}`;
      const isNew = isRootList && !tried.has(way);
      tried.add(way);
      return isNew;
    });
    return { ...api, places };
  });
}

/** Names of feeds of new things: in a filled workspace each of them has something to tell. */
const OF_NEW = /(Created|Recorded|Opened|Captured|Given|Entered)$/;

/** All feeds of an entity take the same filter, and their code is one: it is tried at that of new ones. */
function withFeedsOnce(found: ApiField[]): ApiField[] {
  const entityOf = ({ field }: ApiField) => getNamedType(field.type).name;
  const feeds = found.filter((api) => api.operation === 'subscription');
  const chosen = new Map<string, ApiField>();
  for (const api of feeds.toSorted((a, b) => Number(OF_NEW.test(b.field.name)) - Number(OF_NEW.test(a.field.name))))
    if (!chosen.has(entityOf(api))) chosen.set(entityOf(api), api);
  return found.map((api) =>
    api.operation !== 'subscription' || chosen.get(entityOf(api)) === api
      ? api
      : { ...api, places: api.places.filter(({ path }) => path[0] !== 'filter') },
  );
}

/** Begins every input of the rule language, which is the same wherever a rule is given. */
const RULE = /^(Rule[A-Z]|SegmentRuleInput\.)/;

/** Each place in a rule is tried once as a read and once as a write; elsewhere segments alone are named in rules. */
function withRulesOnce(found: ApiField[]): ApiField[] {
  const tried = new Set<string>();
  return found.map((api) => {
    const places = api.places.filter((place) => {
      const where = `${api.operation} ${place.owner} ${place.wrapped}`;
      return !RULE.test(place.owner) || !tried.has(where) || (place.owner === 'RuleSegmentInput.in' && !place.wrapped);
    });
    for (const { owner, wrapped } of places) if (RULE.test(owner)) tried.add(`${api.operation} ${owner} ${wrapped}`);
    return { ...api, places };
  });
}

function placesOf(field: GraphQLField<unknown, unknown>): Place[] {
  return field.args.flatMap((arg: GraphQLArgument) => inputPlaces(arg.type, [arg.name], [], false, `${field.name}.${arg.name}`));
}

/** A filter of an entity. In a filter are those of related rows; what they hold in turn is the same again. */
function isFilter(type: GraphQLNamedType): boolean {
  return isInputObjectType(type) && 'and' in type.getFields();
}

function inputPlaces(type: GraphQLInputType, path: string[], above: GraphQLInputObjectType[], wrapped: boolean, owner: string): Place[] {
  const named = getNamedType(type);
  if (isEnumType(named) || NAMELESS.has(named.name)) return [];
  if (!isInputObjectType(named)) return [{ kind: kindOf(named.name, path), path, type, owner, wrapped }];
  const fields = Object.values(named.getFields());
  const names = fields.map((field) => field.name);
  if (named.name.endsWith('Input') && !RULE.test(named.name) && names.includes('system') && names.includes('value'))
    return [{ kind: 'REFERENCE', path, type, owner, wrapped }];
  return fields.flatMap((field) => {
    const again = getNamedType(field.type) === named;
    // Of the branches of a rule that hold rules, one will do.
    if (again && named.name === 'SegmentRuleInput' && field.name !== 'all') return [];
    // Once through each of and, or and not; deeper ones are the same code.
    if (again && (wrapped || above.includes(named))) return [];
    if (!again && above.includes(getNamedType(field.type) as GraphQLInputObjectType)) return [];
    const filters = again ? 0 : [...above, named].filter(isFilter).length;
    if (isFilter(getNamedType(field.type)) && filters > (wrapped ? 0 : 1)) return [];
    const next = OPERATORS.test(named.name) ? owner : `${named.name}.${field.name}`;
    return inputPlaces(field.type, [...path, field.name], again ? above : [...above, named], wrapped || again, next);
  });
}

function kindOf(scalar: string, path: string[]): PlaceKind {
  const last = path.at(-1)!;
  if (scalar === 'ID') return 'ID';
  if (scalar === 'String') return path.length === 1 && (last === 'after' || last === 'before') ? 'CURSOR' : 'TEXT';
  if (scalar === 'JSON') return 'JSON';
  throw new Error(`the scalar ${scalar} at ${path.join('.')} is not known: does it name something?`);
}

/** Values for the arguments without which a field cannot be asked. */
export function requiredOf(field: GraphQLField<unknown, unknown>, own: RichWorkspace): Record<string, unknown> {
  const required = field.args.filter(isRequiredArgument);
  return Object.fromEntries(required.map((arg) => [arg.name, sampleOf(arg.type, `${field.name}.${arg.name}`, own)]));
}

/** The variables of a call that names `value` at the place and is else in order for the workspace `own`. */
export function variablesFor(
  field: GraphQLField<unknown, unknown>,
  place: Place,
  value: unknown,
  own: RichWorkspace,
): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  for (const arg of field.args) {
    if (arg.name === place.path[0]) variables[arg.name] = build(arg.type, place.path.slice(1), value, own);
    else if (isRequiredArgument(arg)) variables[arg.name] = sampleOf(arg.type, `${field.name}.${arg.name}`, own);
    else if (place.path.length === 1 && place.path[0] === 'before' && arg.name === 'last') variables.last = 5;
  }
  return variables;
}

function build(type: GraphQLInputType, path: string[], value: unknown, own: RichWorkspace): unknown {
  const bare = getNullableType(type);
  if (isListType(bare)) return [build(bare.ofType, path, value, own)];
  if (path.length === 0 || !isInputObjectType(bare)) return value;
  const made: Record<string, unknown> = {};
  for (const field of Object.values(bare.getFields())) {
    if (field.name === path[0]) made[field.name] = build(field.type, path.slice(1), value, own);
    else if (isRequiredInputField(field)) made[field.name] = sampleOf(field.type, `${bare.name}.${field.name}`, own);
  }
  return withCompanions(bare.name, path[0]!, made, own);
}
