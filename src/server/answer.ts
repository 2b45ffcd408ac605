// Queries that the read engine answers by itself: their JSON goes from PostgreSQL to the client without graphql-js.
import { type ApolloServerPlugin, type GraphQLResponse, HeaderMap } from '@apollo/server';
import {
  type DocumentNode,
  type FormattedExecutionResult,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import type { Context } from '../graphql/context.ts';
import { answerOperation, type Executor } from '../query/read.ts';
import { maskError } from './mask-error.ts';
import { RawData } from './raw-data.ts';
import { currentScope } from './request-scope.ts';
import { type Services, scopeFor } from './services.ts';

export type Asked = {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown> | null | undefined;
};

/** The answer of a query as JSON text; null where graphql-js has to give it: errors are its part, too. */
export async function answerQuery(ctx: Context, asked: Asked, only?: Executor): Promise<{ executor: Executor; text: string } | null> {
  const { schema, document, operation } = asked;
  if (operation.operation !== 'query' || !ctx.reader) return null;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], asked.variables ?? {}, { maxErrors: 1 });
  if (!coerced) return null;
  return answerOperation({ schema, document, operation, variables: coerced, reader: ctx.reader, context: ctx, only });
}

/** Has Apollo Server ask the read engine before graphql-js. */
export function enginePlugin(services: Services): ApolloServerPlugin<Context> {
  const { schema } = services;
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, operation, request, contextValue }) {
          if (!operation) return null; // no operation of that name: graphql-js tells
          const attempt = currentScope()?.attempt;
          if (attempt && attempt.error === undefined) return null;
          try {
            if (attempt) throw attempt.error;
            const answer = await answerQuery(contextValue, { schema, document, operation, variables: request.variables });
            if (!answer) return null;
            if (request.query) services.known.remember(request.query, request.operationName ?? null, { document, operation });
            return single({ data: new RawData(answer.text) as never });
          } catch (error) {
            // The database could not: graphql-js would only ask it once more.
            return single({
              errors: [maskError(error, currentScope() ?? scopeFor(services, contextValue.requestId, contextValue.viewer))],
            });
          }
        },
      };
    },
  };
}

function single(singleResult: FormattedExecutionResult): GraphQLResponse {
  return { http: { headers: new HeaderMap(), status: undefined as never }, body: { kind: 'single', singleResult: singleResult as never } };
}
