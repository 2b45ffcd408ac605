// Figures of an operation that may depend on its variables: numbers where they do not, else small functions.
import { type FieldNode, type GraphQLField, Kind, type OperationDefinitionNode, type ValueNode } from 'graphql';

/** The variables as they were sent: what they lack is told by their definitions' defaults. */
export type Variables = Readonly<Record<string, unknown>>;
export type Measure = number | ((variables: Variables) => number);
/** A value that is known beforehand, or read from the variables. A known list has its length only, a known object is a map of its fields. */
export type Value = { known: unknown } | { read: (variables: Variables) => unknown };

/** The arguments of one field, their defaults included. */
export type FieldArguments = (name: string) => Value;

const NOTHING: Value = { known: undefined };

/** Reads the defaults of an operation's variables once. */
export function defaultsOf(operation: OperationDefinitionNode): ReadonlyMap<string, unknown> {
  return new Map(
    operation.variableDefinitions?.flatMap(({ variable, defaultValue }) => {
      const value = defaultValue && valueIn(defaultValue, new Map());
      return value && 'known' in value ? [[variable.name.value, value.known] as const] : [];
    }),
  );
}

/** The arguments of a field of an operation with these defaults. */
export function argumentsOf(
  node: FieldNode,
  // biome-ignore lint/suspicious/noExplicitAny: fields of any source and context
  field: GraphQLField<any, any>,
  defaults: ReadonlyMap<string, unknown>,
): FieldArguments {
  return (name) => {
    const otherwise = field.args.find((arg) => arg.name === name)?.defaultValue;
    const given = node.arguments?.find((argument) => argument.name.value === name);
    if (!given) return { known: otherwise };
    const value = valueIn(given.value, defaults);
    if ('known' in value || otherwise === undefined) return value;
    return {
      read: (variables) => {
        const read = value.read(variables);
        return read === undefined ? otherwise : read;
      },
    };
  };
}

function valueIn(node: ValueNode, defaults: ReadonlyMap<string, unknown>): Value {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const name = node.name.value;
      const otherwise = defaults.get(name);
      return {
        read: (variables) => {
          const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
          return given === undefined ? otherwise : given;
        },
      };
    }
    case Kind.INT:
      return { known: Number(node.value) };
    case Kind.BOOLEAN:
      return { known: node.value };
    case Kind.NULL:
      return { known: null };
    case Kind.LIST:
      return { known: new Array(node.values.length).fill(null) };
    case Kind.OBJECT:
      return { known: new Map(node.fields.map((field) => [field.name.value, valueIn(field.value, defaults)])) };
    default:
      return { known: 'something' };
  }
}

/** A field of an input object. */
export function property(value: Value, name: string): Value {
  if ('known' in value) return value.known instanceof Map ? ((value.known.get(name) as Value | undefined) ?? NOTHING) : NOTHING;
  return {
    read: (variables) => {
      const object = value.read(variables);
      return typeof object === 'object' && object !== null && Object.hasOwn(object, name)
        ? (object as Record<string, unknown>)[name]
        : undefined;
    },
  };
}

/** A figure made from values; it is a number where all of them are known. */
export function measure(values: readonly Value[], make: (...read: unknown[]) => number): Measure {
  if (values.every((value) => 'known' in value)) return make(...values.map((value) => value.known));
  return (variables) => make(...values.map((value) => ('known' in value ? value.known : value.read(variables))));
}

/** The whole number in a value, at least 0; null where it holds none: then it is refused before anything runs, or absent. */
export function numberIn(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.trunc(value)) : null;
}

/** How many items a list value has: a single value is a list of one; null where there is none. */
export function countIn(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  return Array.isArray(value) ? value.length : 1;
}

/** A figure for these variables. */
export function read(figure: Measure, variables: Variables): number {
  return typeof figure === 'number' ? figure : figure(variables);
}
