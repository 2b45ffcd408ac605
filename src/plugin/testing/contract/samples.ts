// Operations that ask for what a plugin adds, made from the schema: selections of any type, and arguments of any kind.
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isScalarType,
} from 'graphql';

/** Texts of arguments that authors give where made-up ones do not do: `{ 'Customer.loyaltyPointsAt': '(at: "2026-01-01")' }`. */
export type GivenArguments = Record<string, string>;

const DEPTH = 3;
const scalarTexts: Record<string, string> = {
  Int: '1',
  Float: '1.5',
  Boolean: 'true',
  String: '"text"',
  DateTime: '"2026-01-15T12:00:00Z"',
  Date: '"2026-01-15"',
  Decimal: '"1.00"',
  CurrencyCode: '"EUR"',
  CountryCode: '"DE"',
  BigInt: '"1"',
  JSON: '{}',
};

/** A field as it stands in a document: name, arguments, selection. */
export function fieldText(
  owner: string,
  field: GraphQLField<unknown, unknown>,
  given: GivenArguments,
  ids: Record<string, string>,
): string {
  const args = given[`${owner}.${field.name}`] ?? given[field.name] ?? argumentsText(field.args, ids);
  return `${field.name}${args}${selectionOf(field.type)}`;
}

/** The arguments that must be given, with made-up values. */
function argumentsText(args: readonly GraphQLArgument[], ids: Record<string, string>): string {
  const needed = args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${valueText(type, name, ids)}`);
  return needed.length > 0 ? `(${needed.join(', ')})` : '';
}

function valueText(type: GraphQLInputType, name: string, ids: Record<string, string>): string {
  if (isNonNullType(type)) return valueText(type.ofType, name, ids);
  if (isListType(type)) return `[${valueText(type.ofType, name, ids)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const sent = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
    return `{${sent.map((field) => `${field.name}: ${valueText(field.type, field.name, ids)}`).join(', ')}}`;
  }
  if (type.name === 'ID') return JSON.stringify(ids[name] ?? ids.customer);
  return scalarTexts[type.name] ?? '"text"';
}

/** Every scalar that can be asked without arguments, some levels deep. */
function selectionOf(type: GraphQLOutputType, depth = DEPTH): string {
  const named = getNamedType(type);
  if (isScalarType(named) || isEnumType(named)) return '';
  if (!isObjectType(named)) return ' { __typename }';
  const fields = Object.values(named.getFields()).filter((field) => !field.args.some(isRequiredArgument));
  const leaves = fields.filter((field) =>
    ['ScalarType', 'EnumType'].some((kind) => getNamedType(field.type).constructor.name === `GraphQL${kind}`),
  );
  // Of core records their id is enough: what else they hold is no matter of the plugin.
  if (named.getInterfaces().some(({ name }) => name === 'Node')) return ' { id }';
  const below = depth > 1 ? fields.filter((field) => !leaves.includes(field)) : [];
  const parts = [...leaves.map(({ name }) => name), ...below.map((field) => `${field.name}${selectionOf(field.type, depth - 1)}`)];
  return ` { ${parts.length > 0 ? parts.join(' ') : '__typename'} }`;
}

/** The root field that lists records of a type: `customers`. */
export function listOf(schema: GraphQLSchema, type: string): string {
  const found = Object.values(schema.getQueryType()!.getFields()).find(
    (field) => getNamedType(field.type).name === `${type}Connection` && !field.args.some(isRequiredArgument),
  );
  if (!found) throw new Error(`no root field lists records of ${type}`);
  return found.name;
}
