// What of the schema was answered so far: fields, arguments and the fields of inputs. What was seldom seen is chosen sooner.
import {
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Random } from '../random.ts';
import { isOutside } from './outside.ts';

export type Coverage = {
  /** Notes a field with its arguments as they were given. */
  note(type: string, field: string, args: Record<string, unknown>): void;
  /** How often the least answered part was, of a field or input field and what it leads to at once. */
  rarity(coordinate: string): number;
  /** Everything a query can reach that was not answered: `Type.field`, `Type.field(arg)` and `Input.field`. */
  missing(): { fields: string[]; inputs: string[] };
  /** How much there is, and how much of it was answered. */
  summary(): string;
};

export function createCoverage(schema: GraphQLSchema): Coverage {
  const counts = new Map<string, number>();
  const add = (coordinate: string) => counts.set(coordinate, (counts.get(coordinate) ?? 0) + 1);
  const fieldsOf = (type: string) => {
    const found = schema.getType(type);
    return isObjectType(found) ? found.getFields() : {};
  };

  function noteInput(type: GraphQLInputType, value: unknown): void {
    if (value === null || value === undefined) return;
    if (isNonNullType(type)) noteInput(type.ofType, value);
    else if (isListType(type)) for (const item of Array.isArray(value) ? value : [value]) noteInput(type.ofType, item);
    else if (isInputObjectType(type))
      for (const [name, part] of Object.entries(value)) {
        add(`${type.name}.${name}`);
        noteInput(type.getFields()[name]!.type, part);
      }
  }

  const { fields, inputs } = reachable(schema);
  const within = nearby(schema, [...fields, ...inputs]);
  const missingOf = (coordinates: Set<string>) => [...coordinates].filter((coordinate) => !counts.has(coordinate)).sort();
  return {
    note(type, field, args) {
      add(`${type}.${field}`);
      for (const arg of fieldsOf(type)[field]?.args ?? []) {
        if (!(arg.name in args)) continue;
        add(`${type}.${field}(${arg.name})`);
        noteInput(arg.type, args[arg.name]);
      }
    },
    rarity: (coordinate) => Math.min(...(within.get(coordinate) ?? [coordinate]).map((part) => counts.get(part) ?? 0)),
    missing: () => ({ fields: missingOf(fields), inputs: missingOf(inputs) }),
    summary() {
      const part = (all: Set<string>) => `${all.size - missingOf(all).length} of ${all.size}`;
      return `${part(fields)} fields, ${part(inputs)} arguments and input fields`;
    },
  };
}

/** What a query can select and give. */
function reachable(schema: GraphQLSchema): { fields: Set<string>; inputs: Set<string> } {
  const [fields, inputs] = [new Set<string>(), new Set<string>()];
  const met = new Set<GraphQLNamedType>();
  const visit = (type: GraphQLNamedType): void => {
    if (met.has(type)) return;
    met.add(type);
    if (isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) visit(possible);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) {
        inputs.add(`${type.name}.${field.name}`);
        visit(getNamedType(field.type));
      }
    if (!isObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      if (isOutside(type.name, field.name)) continue;
      fields.add(`${type.name}.${field.name}`);
      visit(getNamedType(field.type));
      for (const arg of field.args) {
        inputs.add(`${type.name}.${field.name}(${arg.name})`);
        visit(getNamedType(arg.type));
      }
    }
  };
  visit(schema.getQueryType()!);
  return { fields, inputs };
}

/** What a field leads to: those of its own type and, through connections and edges, of the next. */
function nearby(schema: GraphQLSchema, coordinates: string[]): Map<string, string[]> {
  const near = (coordinate: string, steps: number): string[] => {
    const [type, name] = coordinate.split('.') as [string, string];
    const parent = schema.getType(type);
    const field = isObjectType(parent) || isInputObjectType(parent) ? parent.getFields()[name] : undefined;
    const target = field && getNamedType(field.type);
    const isNext = steps > 0 && (isObjectType(target) || (isInputObjectType(target) && !('and' in target.getFields())));
    if (!isNext) return [coordinate];
    const inside = Object.keys(target.getFields()).filter((inner) => !isOutside(target.name, inner));
    return [coordinate, ...inside.flatMap((inner) => near(`${target.name}.${inner}`, steps - 1))];
  };
  return new Map(coordinates.filter((one) => !one.includes('(')).map((one) => [one, near(one, one.startsWith('Query.') ? 3 : 2)]));
}

/** One of these names; those seldom seen under `prefix` sooner. */
export function chooseRare(random: Random, coverage: Coverage, prefix: string, names: readonly string[]): string {
  const weights = names.map((name) => 0.03 + 1 / (1 + coverage.rarity(`${prefix}.${name}`)));
  let place = random.next() * weights.reduce((total, weight) => total + weight, 0);
  for (const [i, weight] of weights.entries()) {
    place -= weight;
    if (place <= 0) return names[i]!;
  }
  return names.at(-1)!;
}
