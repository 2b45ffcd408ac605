// Selections of everything that can be reached from a type.
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** Types that only lead to others: they cost no depth. */
const isWrapper = (name: string) => /(Connection|Edge|Payload)$/.test(name) || name === 'PageInfo';

/** All fields of the type, `depth` records deep; lists of connections with their rows, counts and cursors. Empty for leaves. */
export function selectionOf(schema: GraphQLSchema, type: GraphQLNamedType, depth: number): string {
  if (isLeafType(type)) return '';
  if (isAbstractType(type)) {
    const parts = schema.getPossibleTypes(type).map((one) => `... on ${one.name} ${fields(schema, one, depth, `${one.name}_`)}`);
    return `{ __typename ${parts.join(' ')} }`;
  }
  return fields(schema, type, depth, '');
}

// Types of one union may disagree about a field: under an alias each stands for itself.
function fields(schema: GraphQLSchema, type: GraphQLNamedType, depth: number, prefix: string): string {
  if (!isObjectType(type)) throw new Error(`${type.name} has no fields`);
  const inner = isWrapper(type.name) ? depth : depth - 1;
  const selected = Object.values(type.getFields()).flatMap((field) => {
    const target = getNamedType(field.type);
    if (!isLeafType(target) && (inner < 0 || (type.name.endsWith('Connection') && field.name === 'edges'))) return [];
    const args = argumentsOf(field);
    if (args === null) return [];
    return [`${prefix && `${prefix}${field.name}: `}${field.name}${args} ${selectionOf(schema, target, inner)}`];
  });
  return `{ __typename ${selected.join(' ')} }`;
}

/** The first amount that can be summed. */
function sumsOf({ args }: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(args.find(({ name }) => name === 'field')!.type);
  return isEnumType(type) ? type.getValues()[0]!.name : '';
}

/** Arguments without which the field cannot be asked; null where none are known. */
export function argumentsOf(field: GraphQLField<unknown, unknown>): string | null {
  const required = field.args.filter(isRequiredArgument).map((arg) => arg.name);
  if (required.length === 0) return field.args.some((arg) => arg.name === 'first') ? '(first: 5)' : '';
  if (field.name === 'sum') return `(field: ${sumsOf(field)}, currency: "GBP")`;
  return field.name === 'membersAt' ? '(first: 5, at: "2090-01-01T00:00:00Z")' : null;
}
