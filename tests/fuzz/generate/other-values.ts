// The same variables with other values: what a plan made for the first must answer too.
import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType, parseType, typeFromAST } from 'graphql';
import { cut } from '../samples.ts';
import type { Maker } from './maker.ts';

/** Another value for each variable, at times wrong for its type. */
export function otherValues(maker: Maker): Record<string, unknown> {
  const others: Record<string, unknown> = {};
  for (const variable of maker.variables) {
    const type = typeFromAST(maker.schema, parseType(variable.type) as never) as unknown as GraphQLInputType;
    if (variable.default !== null && maker.random.chance(0.6)) continue;
    // A moment is kept: without an end, a period ends now, a little later in each answer.
    if (!isNonNullType(type) && variable.type !== 'DateTime' && maker.random.chance(0.1)) {
      if (maker.random.chance(0.5)) others[variable.name] = null;
      continue;
    }
    others[variable.name] = maker.random.chance(0.01) ? { wrong: true } : other(maker, type, variable.value);
  }
  return others;
}

function other(maker: Maker, type: GraphQLInputType, value: unknown): unknown {
  const { random } = maker;
  const bare = isNonNullType(type) ? type.ofType : type;
  if (value === null || value === undefined) return value ?? null;
  if (isListType(bare)) {
    const items = (value as unknown[]).map((item) => other(maker, bare.ofType, item));
    return random.chance(0.3) ? items.slice(1) : random.chance(0.1) ? [...items, ...items] : items;
  }
  if (isInputObjectType(bare)) {
    const entries = Object.entries(value).map(([name, part]) => [name, other(maker, bare.getFields()[name]!.type, part)]);
    return Object.fromEntries(
      bare.isOneOf || random.chance(0.8) ? entries : entries.filter(([name]) => isNonNullType(bare.getFields()[name as string]!.type)),
    );
  }
  if (random.chance(0.4)) return value;
  if (isEnumType(bare)) return random.pick(bare.getValues()).name;
  const make: Record<string, () => unknown> = {
    Boolean: () => !value,
    Int: () => Math.max(0, (value as number) + random.int(-1, 1)),
    ID: () => maker.pools.id(null),
    Float: () => (value as number) + random.pick([-1, 0.5]),
    String: () =>
      random.pick([maker.pools.anyCursor() ?? 'a', String(maker.pools.value('Customer', 'displayName')), cut(String(value), 1)]),
    Decimal: () => random.pick(['0', '12.5', '-3.25', 1000]),
    DateTime: () => maker.pools.value('Interaction', 'occurredAt'),
    Date: () => '1980-01-15',
    CurrencyCode: () => random.pick(['EUR', 'USD']),
    CountryCode: () => 'GB',
  };
  return make[bare.name]?.() ?? value;
}
