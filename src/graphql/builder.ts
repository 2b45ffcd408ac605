// The Pothos builder of the whole schema. Modules add to it; nothing else makes GraphQL types.
import SchemaBuilder from '@pothos/core';
import type { GraphQLScalarType } from 'graphql';
import type { Context } from './context.ts';
import { scalars } from './scalars.ts';

type Types = {
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: string; Output: string };
    Decimal: { Input: string; Output: string };
    CurrencyCode: { Input: string; Output: string };
    CountryCode: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    BigInt: { Input: string; Output: bigint | string };
  };
};

/** The full types of the schema, for references to its types. */
export type SchemaTypes = PothosSchemaTypes.ExtendDefaultTypes<Types>;

export const builder = new SchemaBuilder<Types>({ defaultFieldNullability: false });
export type Builder = typeof builder;

for (const [name, type] of Object.entries(scalars)) {
  builder.addScalarType(name as keyof typeof scalars, type as GraphQLScalarType<never, never>);
}

builder.queryType({ description: 'Everything that can be read.' });
builder.mutationType({ description: 'Everything that can be changed. Every field takes `@idempotent(key:)`.' });
builder.subscriptionType({ description: 'Live feeds, resumable by cursor.' });
