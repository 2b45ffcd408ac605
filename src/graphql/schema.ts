// The whole schema: importing a module's schema file adds its types and fields to the builder.
import { type GraphQLSchema, lexicographicSortSchema, specifiedDirectives } from 'graphql';
import '../modules/all.ts';
import './node.ts';
import { builder } from './builder.ts';
import { rememberSchema } from './built-schema.ts';
import { idempotentDirective } from './mutation.ts';

let schema: GraphQLSchema | undefined;

/** The executable schema, built once. */
export function buildSchema(): GraphQLSchema {
  schema ??= rememberSchema(builder.toSchema({ directives: [...specifiedDirectives, idempotentDirective] }));
  return schema;
}

/** The schema in the order it is printed. */
export function printableSchema(): GraphQLSchema {
  return lexicographicSortSchema(buildSchema());
}
