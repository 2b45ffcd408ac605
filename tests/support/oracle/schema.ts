// The schema as the oracle executes it: made anew from the SDL, and once more with every field nullable, so that one refused
// field does not take its siblings along before they were looked at.
import {
  buildASTSchema,
  type DocumentNode,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  parse,
  printSchema,
  type TypeNode,
  visit,
} from 'graphql';
import { scalars } from '../../../src/graphql/scalars.ts';

export type OracleSchema = {
  /** As it is published. */
  published: GraphQLSchema;
  /** With nullable fields. */
  lenient: GraphQLSchema;
};

export function oracleSchema(schema: GraphQLSchema): OracleSchema {
  const document = parse(printSchema(schema));
  return { published: withScalars(document), lenient: withScalars(allNullable(document)) };
}

function withScalars(document: DocumentNode): GraphQLSchema {
  const schema = buildASTSchema(document);
  for (const type of Object.values(schema.getTypeMap())) {
    const known = (scalars as Record<string, GraphQLScalarType>)[type.name];
    if (!(type instanceof GraphQLScalarType) || !known) continue;
    Object.assign(type, { serialize: known.serialize, parseValue: known.parseValue, parseLiteral: known.parseLiteral });
  }
  return schema;
}

function allNullable(document: DocumentNode): DocumentNode {
  return visit(document, { FieldDefinition: (field) => ({ ...field, type: nullable(field.type) }) });
}

function nullable(type: TypeNode): TypeNode {
  const bare = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return bare.kind === Kind.LIST_TYPE ? { ...bare, type: nullable(bare.type) } : bare;
}
