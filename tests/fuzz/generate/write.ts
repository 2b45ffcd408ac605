// Writes input values into documents: as literals, or as variables, whole or in parts.
import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import type { Maker } from './maker.ts';

type Position = { /** How likely it becomes a variable. */ lift: number; oneOf?: boolean };

/** The text of a value at a place of this type. */
export function writeValue(maker: Maker, type: GraphQLInputType, value: unknown, { lift, oneOf = false }: Position): string {
  const { random } = maker;
  const isLong = Array.isArray(value) && value.length > 20;
  if (isLong || (random.chance(lift) && (value !== null || !isNonNullType(type)))) return writeVariable(maker, type, value, oneOf);
  if (value === null || value === undefined) return 'null';
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare))
    return `[${(value as unknown[]).map((item) => writeValue(maker, bare.ofType, item, { lift: lift / 3 })).join(', ')}]`;
  if (isEnumType(bare)) return String(value);
  if (!isInputObjectType(bare)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([name, part]) => {
    const field = bare.getFields()[name]!;
    return `${name}: ${writeValue(maker, field.type, part, { lift: lift / 2, oneOf: bare.isOneOf })}`;
  });
  return `{${parts.join(', ')}}`;
}

function writeVariable(maker: Maker, type: GraphQLInputType, value: unknown, oneOf: boolean): string {
  const { random, variables } = maker;
  const declared = oneOf && !isNonNullType(type) ? `${type}!` : String(type);
  const same = variables.find(
    (one) => one.type === declared && one.default === null && JSON.stringify(one.value) === JSON.stringify(value),
  );
  if (same && random.chance(0.5)) return `$${same.name}`;
  const name = `v${++maker.names}`;
  const fallback = declared.endsWith('!') || !random.chance(0.15) ? null : writeValue(maker, type, value, { lift: 0 });
  // A long list has no literal: the text is to stay short.
  const isShort = fallback !== null && !fallback.includes('$') && !Array.isArray(value);
  variables.push({ name, type: declared, value, default: isShort ? fallback : null });
  return `$${name}`;
}

/** A condition for @include and @skip, mostly so that the field stays. */
export function writeDirectives(maker: Maker): string {
  const { random, variables } = maker;
  if (!random.chance(0.05)) return '';
  const [name, stays] = random.pick([
    ['include', true],
    ['skip', false],
  ] as const);
  const value = random.chance(0.75) ? stays : !stays;
  if (random.chance(0.3)) return ` @${name}(if: ${value})`;
  const known = variables.find((one) => one.type === 'Boolean!' && one.value === value);
  if (known) return ` @${name}(if: $${known.name})`;
  const variable = `v${++maker.names}`;
  variables.push({ name: variable, type: 'Boolean!', value, default: null });
  return ` @${name}(if: $${variable})`;
}
