// A schema in which one refused field does not take its siblings along: so everything else in an answer can be looked at.
import { GraphQLList, type GraphQLOutputType, type GraphQLSchema, isInterfaceType, isListType, isNonNullType, isObjectType } from 'graphql';

/** Makes every field of the schema nullable, in place. */
export function makeNullable(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || (!isObjectType(type) && !isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields())) field.type = nullable(field.type);
  }
  return schema;
}

function nullable(type: GraphQLOutputType): GraphQLOutputType {
  const bare = isNonNullType(type) ? (type.ofType as GraphQLOutputType) : type;
  return isListType(bare) ? new GraphQLList(nullable(bare.ofType)) : bare;
}
