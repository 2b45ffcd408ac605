// The schema for those that the schema is made of: a command that checks a stored document cannot import what imports it.
import type { GraphQLSchema } from 'graphql';

let built: GraphQLSchema | undefined;

/** Called once by whoever builds the schema. */
export function rememberSchema(schema: GraphQLSchema): GraphQLSchema {
  built = schema;
  return schema;
}

/** The schema of this process. A mistake of the caller if it is not built yet. */
export function builtSchema(): GraphQLSchema {
  if (!built) throw new Error('the schema is not built yet');
  return built;
}
