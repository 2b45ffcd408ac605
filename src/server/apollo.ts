// Apollo Server as this API runs it: limits, masked errors, statuses, one log line and metrics per operation.
import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContextWillSendResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FormattedExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import type { Context } from '../graphql/context.ts';
import { parseOptionsFor, validationOptionsFor, validationRules } from '../graphql/document-rules.ts';
import { apiError } from '../graphql/errors.ts';
import { enginePlugin } from './answer.ts';
import { explainPlugin } from './explain.ts';
import { limitsPlugin } from './limits/plugin.ts';
import { maskError, statusOf } from './mask-error.ts';
import type { LiveTransport, OperationType } from './metrics.ts';
import { RawData, stringifyResult } from './raw-data.ts';
import { currentScope } from './request-scope.ts';
import { type Services, scopeFor } from './services.ts';

/** Makes and starts the executor of operations that come over HTTP. Its errors are masked with the current scope. */
export async function startApollo(services: Services): Promise<ApolloServer<Context>> {
  const apollo = new ApolloServer<Context>({
    schema: services.schema,
    introspection: services.introspection,
    csrfPrevention: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: parseOptionsFor(services.limits),
    validationRules,
    stringifyResult,
    validationOptions: validationOptionsFor(services.limits),
    logger: quietLogger(services.log),
    formatError: (_formatted, error) => maskError(error, currentScope() ?? scopeFor(services, '', null)),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      limitsPlugin(services),
      explainPlugin(services),
      enginePlugin(services),
      operationPlugin(services),
    ],
  });
  await apollo.start();
  return apollo;
}

function operationPlugin({ metrics, log }: Services): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      const began = performance.now();
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation === 'subscription')
            throw apiError(
              'BAD_REQUEST',
              'Subscribe over a WebSocket on this path (graphql-transport-ws), or by Server-Sent Events on /graphql/stream.',
            );
        },
        async willSendResponse(request) {
          setStatus(request);
          const result = resultOf(request);
          const answer: Answered = {
            type: request.operation?.operation ?? 'unknown',
            name: request.operationName ?? null,
            status: request.response.http.status ?? 200,
            codes: codesOf(result),
            seconds: (performance.now() - began) / 1000,
          };
          metrics.answered(answer.type, answer.status, answer.codes, answer.seconds);
          logAnswer(log, request.contextValue.requestId, answer);
        },
      };
    },
  };
}

export type Answered = { type: OperationType; name: string | null; status: number | LiveTransport; codes: string[]; seconds: number };

/** The one line that tells of an operation. It names the request itself: a logger made for it alone would cost more than the line. */
export function logAnswer(log: Logger, requestId: string, { type, name, status, codes, seconds }: Answered): void {
  log.info(
    {
      requestId,
      type,
      operation: name?.slice(0, 100) ?? null,
      status,
      durationMs: Math.round(seconds * 10_000) / 10,
      ...(codes.length > 0 && { codes }),
    },
    'operation',
  );
}

/** The distinct codes of a result's errors. */
export function codesOf(result: { errors?: readonly { extensions?: { [name: string]: unknown } }[] } | null): string[] {
  return [...new Set(result?.errors?.map((error) => String(error.extensions?.code)))];
}

type WillSend = GraphQLRequestContextWillSendResponse<Context>;

function resultOf({ response }: WillSend): FormattedExecutionResult | null {
  return response.body.kind === 'single' ? response.body.singleResult : null;
}

/** Where everything failed for one reason, the status says it; an answer with any data is a 200. */
function setStatus(request: WillSend): void {
  const result = resultOf(request);
  if (!result?.errors?.length) return;
  const { http } = request.response;
  const statuses = new Set(result.errors.map((error) => statusOf(error.extensions?.code)));
  const [status] = statuses;
  if (result.data === undefined) {
    if (status !== 200) http.status = status;
    else if (http.status === undefined || http.status < 400 || http.status >= 500) http.status = 400;
  } else if (isEmpty(result.data)) http.status = statuses.size === 1 ? status : 200;
  if (http.status === 401) http.headers.set('www-authenticate', 'Bearer');
  if (http.status === 503) http.headers.set('retry-after', '1');
}

function isEmpty(data: Record<string, unknown> | null): boolean {
  return !(data instanceof RawData) && (data === null || Object.values(data).every((value) => value === null));
}

/** Apollo's own messages may quote what a request held: only their kind is kept. */
function quietLogger(log: Logger) {
  const say = (level: 'debug' | 'warn' | 'error') => (message?: unknown) =>
    log[level]({ apollo: String(message).split(':')[0]?.slice(0, 80) }, 'Apollo Server says something');
  return { debug: say('debug'), info: say('debug'), warn: say('warn'), error: say('error') };
}
