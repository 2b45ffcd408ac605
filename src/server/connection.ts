// One client's connection over a socket: who it is, what it runs, and when it has to go.
import type { IncomingMessage } from 'node:http';
import type { ExecutionArgs } from 'graphql';
import type { ServerOptions, Context as WsContext } from 'graphql-ws';
import { v7 } from 'uuid';
import type { Viewer } from '../auth/viewer.ts';
import { apiError, isApiError } from '../graphql/errors.ts';
import { codesOf, logAnswer } from './apollo.ts';
import { type Operation, presentable, readOperation, runOperation, runSubscription } from './execute.ts';
import { type Charge, charge, costOfOperation, settle } from './limits/charge.ts';
import { statusOf } from './mask-error.ts';
import type { OperationType } from './metrics.ts';
import { policyKey, type ReaderPool } from './reader-pool.ts';
import type { RequestScope } from './request-scope.ts';
import { contextFor, type Services, scopeFor } from './services.ts';
import { createSharedAnswers } from './shared-answers.ts';
import { closeCodes, type Link } from './socket.ts';

export type Connection = {
  request: IncomingMessage;
  link: Link;
  viewer: Viewer | null;
  credential: string | undefined;
  origin: string | null;
  expiry: NodeJS.Timeout | undefined;
  /** Queries and mutations under way; a stopping server lets them finish. */
  running: Set<string>;
  subscriptions: number;
  leaving: boolean;
};

type Extra = { connection: Connection };
type Params = Record<string, unknown>;
type Ctx = WsContext<Params, Extra>;
/** The arguments of an operation, with what its answers need beside them. */
type Args = ExecutionArgs & {
  connection: Connection;
  scope: RequestScope;
  definition: Operation['definition'];
  charged: Charge;
  asked: string;
};
type Hooks = Required<
  Pick<ServerOptions<Params, Extra>, 'onConnect' | 'onSubscribe' | 'onNext' | 'onComplete' | 'onClose' | 'execute' | 'subscribe'>
>;

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The parts of graphql-ws that are ours: authentication, checks, execution. */
export function connectionHooks(services: Services, readers: ReaderPool, maxOperations: number): Hooks {
  const answers = createSharedAnswers();
  // graphql-ws ends the feeds of a closed socket, but for those that were still about to begin.
  const feeds = new WeakMap<Connection, Set<AsyncGenerator>>();
  const closed = new WeakSet<Connection>();
  return {
    async onConnect(ctx: Ctx) {
      const { connection } = ctx.extra;
      const { headers } = connection.request;
      const param = (name: string) => Object.entries(ctx.connectionParams ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
      const given = param('authorization') ?? headers.authorization;
      const origin = param('x-trato-origin') ?? headers['x-trato-origin'];
      connection.credential = typeof given === 'string' ? given : undefined;
      connection.origin = typeof origin === 'string' ? origin : null;
      return admit(services, connection);
    },

    async onSubscribe(ctx: Ctx, id, payload) {
      const { connection } = ctx.extra;
      if (Object.keys(ctx.subscriptions).length > maxOperations) {
        connection.link.close(closeCodes.tooMany, 'TOO_MANY_OPERATIONS');
        return [apiError('BAD_REQUEST', `A socket runs at most ${maxOperations} operations at once.`)];
      }
      const viewer = connection.viewer!; // set before a client is told that it may subscribe
      const scope = scopeFor(services, v7(), viewer, connection.request.socket.remoteAddress ?? '');
      try {
        if (connection.leaving || services.draining()) throw [apiError('SHUTTING_DOWN')];
        const { text, document, definition, variables } = readOperation(services, viewer, payload);
        const cost = costOfOperation(services.schema, document, definition, variables);
        const charged = await charge(scope.account!, services.limits, definition.operation, cost);
        const args: Args = {
          schema: services.schema,
          document,
          operationName: payload.operationName,
          variableValues: variables,
          contextValue: contextFor(
            services,
            scope,
            viewer,
            definition.operation === 'subscription' ? readers.forViewer(viewer) : undefined,
          ),
          rootValue: undefined,
          connection,
          scope,
          definition,
          charged,
          // Whatever makes two answers to one event differ.
          asked: JSON.stringify([policyKey(viewer), text, payload.operationName, variables]),
        };
        if (definition.operation !== 'subscription') connection.running.add(id);
        return args;
      } catch (thrown) {
        const errors = (Array.isArray(thrown) ? thrown : [thrown]).map((error) => presentable(error, scope));
        answered(services, scope, { type: 'unknown', name: null, began: performance.now(), result: { errors } });
        return errors;
      }
    },

    async execute(given) {
      const args = given as Args;
      const began = performance.now();
      const result = await runOperation(args, args.definition, args.scope);
      const cost = settle(args.charged, result.data);
      services.metrics.charged(cost.actual);
      result.extensions = { ...result.extensions, cost };
      answered(services, args.scope, { type: args.definition.operation, name: args.definition.name?.value ?? null, began, result });
      return result as never;
    },

    async subscribe(given) {
      const args = given as Args;
      const began = performance.now();
      const { scope, connection } = args;
      const viewer = connection.viewer!;
      const result = await runSubscription(args, {
        scope,
        room: connection.link.room,
        shared: (share, make) => answers.get(`${share}\n${args.asked}`, make),
        answerContext: () => contextFor(services, scope, viewer, readers.forViewer(viewer)),
        onDelivered: (milliseconds, lagged) => services.metrics.delivered(milliseconds / 1000, lagged),
        onEnd: () => {
          connection.subscriptions--;
          if (isFeed) feeds.get(connection)?.delete(result);
        },
      });
      const isFeed = Symbol.asyncIterator in result;
      if (isFeed) {
        connection.subscriptions++;
        feeds.set(connection, (feeds.get(connection) ?? new Set()).add(result));
        if (closed.has(connection)) await result.return(undefined);
      }
      answered(services, scope, { type: 'subscription', name: args.definition.name?.value ?? null, began, result: isFeed ? null : result });
      return result as never;
    },

    // Results come masked and formatted from here; graphql-ws would format their errors again.
    onNext: (_ctx, _id, _payload, _args, result) => result,

    async onClose(ctx: Ctx) {
      const { connection } = ctx.extra;
      closed.add(connection);
      for (const feed of feeds.get(connection) ?? []) await feed.return(undefined);
    },

    onComplete(ctx: Ctx, id) {
      const { connection } = ctx.extra;
      connection.running.delete(id);
      if (connection.leaving) leave(connection);
    },
  };
}

type Outcome = { type: OperationType; name: string | null; began: number; result: Parameters<typeof codesOf>[0] };

function answered({ metrics, log }: Services, scope: RequestScope, { type, name, began, result }: Outcome): void {
  const seconds = (performance.now() - began) / 1000;
  const codes = codesOf(result);
  metrics.answered(type, 'ws', codes, seconds);
  logAnswer(log, scope.requestId, { type, name, status: 'ws', codes, seconds });
}

/** Lets the client in, or closes the connection with a code that says why not. */
async function admit(services: Services, connection: Connection): Promise<boolean> {
  const verdict = await identify(services, connection);
  if ('viewer' in verdict) {
    connection.viewer = verdict.viewer;
    closeAtExpiry(connection, verdict.viewer.expiresAt);
    return true;
  }
  if (verdict.code !== closeCodes.forbidden) services.log.warn({ reason: verdict.reason }, 'a socket cannot be authenticated now');
  connection.link.close(verdict.code, verdict.reason);
  return false;
}

async function identify(
  services: Services,
  { credential, origin }: Connection,
): Promise<{ viewer: Viewer } | { code: number; reason: string }> {
  try {
    const viewer = await services.authenticate(credential, origin);
    return viewer ? { viewer } : { code: closeCodes.forbidden, reason: 'UNAUTHENTICATED' };
  } catch (error) {
    const code = isApiError(error) ? String(error.extensions.code) : 'OVERLOADED';
    return { code: [401, 200].includes(statusOf(code)) ? closeCodes.forbidden : closeCodes.tryLater, reason: code };
  }
}

function closeAtExpiry(connection: Connection, expiresAt: Date | null): void {
  if (!expiresAt) return;
  const left = expiresAt.getTime() - Date.now();
  connection.expiry = setTimeout(
    () => {
      if (left > MAX_TIMEOUT_MS) closeAtExpiry(connection, expiresAt);
      else connection.link.close(closeCodes.forbidden, 'TOKEN_EXPIRED');
    },
    Math.min(Math.max(left, 0), MAX_TIMEOUT_MS),
  );
}

/**
 * Asks again who the client is: a withdrawn credential closes the connection, and a changed role has it connect anew,
 * since what runs was begun under the old one. While the answer cannot be had, the connection stays.
 */
export async function recheck(services: Services, connection: Connection): Promise<void> {
  const before = connection.viewer;
  if (!before) return;
  const verdict = await identify(services, connection);
  if ('viewer' in verdict) {
    if (policyKey(verdict.viewer) !== policyKey(before)) connection.link.close(closeCodes.restart, 'ACCESS_CHANGED');
  } else if (verdict.code === closeCodes.forbidden) connection.link.close(verdict.code, verdict.reason);
}

/** Closes the connection so that the client connects again, once no query or mutation is under way. */
export function leave(connection: Connection): void {
  connection.leaving = true;
  if (connection.running.size === 0) connection.link.close(closeCodes.restart, 'SHUTTING_DOWN');
}
