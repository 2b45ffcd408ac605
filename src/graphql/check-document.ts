// Parsing and validating documents, wherever they come from: requests, manifests of trusted documents, webhooks.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { documentProblem, parseOptionsFor, validationOptionsFor, validationRules } from './document-rules.ts';
import { defaultLimits, type Limits } from './limits.ts';

/** What documents are held to; the default limits where none are given. */
export type DocumentChecks = { schema: GraphQLSchema; introspection: boolean; limits?: Limits };

/** Parses and validates a document. Throws an array of errors of the catalogue. */
export function checkDocument({ schema, introspection, limits = defaultLimits }: DocumentChecks, text: string): DocumentNode {
  const document = parsed(text, limits);
  const problem = documentProblem(document, limits);
  if (problem) throw [problem];
  const rules = [...specifiedRules, ...validationRules, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])];
  const problems = validate(schema, document, rules, validationOptionsFor(limits));
  if (problems.length > 0) throw problems.map((problem) => recoded('GRAPHQL_VALIDATION_FAILED', problem));
  return document;
}

function parsed(query: string, limits: Limits): DocumentNode {
  try {
    return parse(query, parseOptionsFor(limits));
  } catch (error) {
    throw [recoded('GRAPHQL_PARSE_FAILED', error as GraphQLError)];
  }
}

/** An error of graphql-js that has no code yet, with one of the catalogue. */
export function recoded(
  code: 'GRAPHQL_VALIDATION_FAILED' | 'GRAPHQL_PARSE_FAILED' | 'BAD_USER_INPUT',
  { message, nodes, source, positions }: GraphQLError,
): GraphQLError {
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}
