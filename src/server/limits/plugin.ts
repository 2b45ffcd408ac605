// The limits of operations that come over HTTP: documents before they are validated, cost before they run.
import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { type DocumentNode, type GraphQLError, Kind } from 'graphql';
import type { Context } from '../../graphql/context.ts';
import { documentProblem } from '../../graphql/document-rules.ts';
import { currentScope } from '../request-scope.ts';
import type { Services } from '../services.ts';
import { type Charge, charge, costOfOperation, report, settle } from './charge.ts';

/** Documents that stand for refused ones: Apollo Server has no gate between parsing and validation. */
const refused = new WeakMap<DocumentNode, GraphQLError>();

function standInFor(problem: GraphQLError): DocumentNode {
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };
  refused.set(document, problem);
  return document;
}

/** Makes the plugin. Answers carry `extensions.cost`; headers are set where the response is framed. */
export function limitsPlugin({ schema, limits, metrics }: Services): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      let charged: Charge | null = null;
      let requested: number | null = null;
      return {
        async validationDidStart(request) {
          const problem = documentProblem(request.document, limits);
          if (problem) (request as { document: DocumentNode }).document = standInFor(problem);
        },
        async didResolveOperation(request) {
          const problem = refused.get(request.document);
          if (problem) throw problem;
          const { operation } = request;
          const account = currentScope()?.account;
          if (!operation || operation.operation === 'subscription' || !account) return;
          const cost = costOfOperation(schema, request.document, operation, request.request.variables);
          requested = cost.requested;
          charged = currentScope()?.attempt?.charge ?? (await charge(account, limits, operation.operation, cost));
        },
        async willSendResponse(request: GraphQLRequestContext<Context>) {
          const { body, http } = request.response;
          const account = currentScope()?.account;
          if (requested === null || !account || body?.kind !== 'single') return;
          const result = body.singleResult;
          const cost = charged ? settle(charged, result.data) : report(requested, 0, account);
          result.extensions = { ...result.extensions, cost };
          metrics.charged(cost.actual);
          const retryAfter = charged ? undefined : result.errors?.[0]?.extensions?.retryAfter;
          if (typeof retryAfter === 'number') http.headers.set('retry-after', String(retryAfter));
        },
      };
    },
  };
}
