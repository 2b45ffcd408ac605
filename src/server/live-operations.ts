// Operations of live connections, sockets and event streams alike: checked, charged, run, masked, counted and logged in
// one way. Subscribers of both share readers and answers.
import type { ExecutionArgs, FormattedExecutionResult, GraphQLError } from 'graphql';
import { v7 } from 'uuid';
import { apiError } from '../graphql/errors.ts';
import type { FeedPlace } from '../graphql/feed-envelope.ts';
import { codesOf, logAnswer } from './apollo.ts';
import { type Operation, type OperationRequest, presentable, readOperation, runOperation, runSubscription } from './execute.ts';
import { type Charge, charge, costOfOperation, settle } from './limits/charge.ts';
import type { Connection } from './live-connection.ts';
import { statusOf } from './mask-error.ts';
import type { OperationType } from './metrics.ts';
import { createReaderPool, policyKey } from './reader-pool.ts';
import type { RequestScope } from './request-scope.ts';
import { contextFor, type Services, scopeFor } from './services.ts';
import { createSharedAnswers } from './shared-answers.ts';
import { closeCodes } from './socket.ts';

/** The arguments of an operation that may run, with what its answers need beside them. */
export type LiveArgs = ExecutionArgs & {
  connection: Connection;
  scope: RequestScope;
  definition: Operation['definition'];
  charged: Charge;
  /** Whatever makes two answers to one event differ. */
  asked: string;
};

export type Answers = AsyncGenerator<FormattedExecutionResult, void>;

export type LiveOperations = {
  /**
   * Checks and charges an operation; the errors as its sender may see them where it may not run. `feedPlace` is for its
   * feed, if it is a subscription.
   */
  begin(connection: Connection, id: string, payload: OperationRequest, feedPlace?: FeedPlace): Promise<LiveArgs | GraphQLError[]>;
  /** Runs a query or mutation. */
  execute(args: LiveArgs): Promise<FormattedExecutionResult>;
  /** Runs a subscription. The iterator throws presentable errors. */
  subscribe(args: LiveArgs): Promise<Answers | FormattedExecutionResult>;
  /** To be told when a query, mutation or subscription is over. */
  ended(connection: Connection, id: string): void;
  /** To be told when the connection is gone: ends its subscriptions, those too that are still about to begin. */
  closed(connection: Connection): Promise<void>;
};

/** Makes what the live connections of a server run their operations with. */
export function createLiveOperations(services: Services, leave: (connection: Connection) => void): LiveOperations {
  const readers = createReaderPool(services.db);
  const answers = createSharedAnswers();
  const feeds = new WeakMap<Connection, Set<Answers>>();
  const gone = new WeakSet<Connection>();

  return {
    async begin(connection, id, payload, feedPlace) {
      const viewer = connection.viewer!; // set before a client is told that it may subscribe
      const scope = scopeFor(services, v7(), viewer, connection.address);
      try {
        if (connection.leaving || services.draining()) throw [apiError('SHUTTING_DOWN')];
        const { text, document, definition, variables } = readOperation(services, viewer, payload);
        const cost = costOfOperation(services.schema, document, definition, variables);
        const charged = await charge(scope.account!, services.limits, definition.operation, cost);
        const isFeed = definition.operation === 'subscription';
        if (!isFeed) connection.running.add(id);
        const context = contextFor(services, scope, viewer, isFeed ? readers.forViewer(viewer) : undefined);
        if (isFeed && feedPlace) context.feedPlace = feedPlace;
        if (isFeed && wantsMilestones(payload)) context.feedMilestones = true;
        return {
          schema: services.schema,
          document,
          operationName: payload.operationName as string | undefined,
          variableValues: variables,
          contextValue: context,
          rootValue: undefined,
          connection,
          scope,
          definition,
          charged,
          asked: JSON.stringify([policyKey(viewer), text, payload.operationName, variables]),
        };
      } catch (thrown) {
        const errors = (Array.isArray(thrown) ? thrown : [thrown]).map((error) => presentable(error, scope));
        answered(services, connection, scope, { type: 'unknown', name: null, began: performance.now(), result: { errors } });
        return errors;
      }
    },

    async execute(args) {
      const began = performance.now();
      const result = await runOperation(args, args.definition, args.scope);
      const cost = settle(args.charged, result.data);
      services.metrics.charged(cost.actual);
      result.extensions = { ...result.extensions, cost };
      answered(services, args.connection, args.scope, { type: args.definition.operation, name: nameOf(args), began, result });
      return result;
    },

    async subscribe(args) {
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
        if (gone.has(connection)) await result.return(undefined);
        comeAgain(result, connection);
      }
      answered(services, connection, scope, { type: 'subscription', name: nameOf(args), began, result: isFeed ? null : result });
      return result;
    },

    ended(connection, id) {
      connection.running.delete(id);
      if (connection.leaving) leave(connection);
    },

    async closed(connection) {
      gone.add(connection);
      for (const feed of feeds.get(connection) ?? []) await feed.return(undefined);
    },
  };
}

/** Answers without data are for clients that ask for them: `"extensions": { "feed": { "milestones": true } }`. */
function wantsMilestones({ extensions }: OperationRequest): boolean {
  return (extensions as { feed?: { milestones?: unknown } | null } | null | undefined)?.feed?.milestones === true;
}

/** Errors after which the same subscription may do better, from the cursor that it has. */
const passes = (error: unknown) => {
  const code = (error as GraphQLError).extensions?.code;
  return code === 'PLUGIN_UNAVAILABLE' || statusOf(code) === 503 || statusOf(code) === 504;
};

/**
 * Has a feed that fails by what passes end its connection as a server that restarts does, so that clients come again by
 * themselves and resume; an error would end it for good. Where the connection serves others too, these come first.
 */
function comeAgain(answers: Answers, connection: Connection): void {
  const { next } = answers;
  answers.next = async () => {
    try {
      return await next();
    } catch (error) {
      const alone = connection.subscriptions === 0 && connection.running.size === 0;
      if (!alone || !passes(error)) throw error;
      connection.link.close(closeCodes.tryLater, String((error as GraphQLError).extensions.code));
      return { value: undefined, done: true };
    }
  };
}

const nameOf = (args: LiveArgs) => args.definition.name?.value ?? null;

type Outcome = { type: OperationType; name: string | null; began: number; result: Parameters<typeof codesOf>[0] };

function answered({ metrics, log }: Services, { transport }: Connection, scope: RequestScope, outcome: Outcome): void {
  const { type, name, began, result } = outcome;
  const seconds = (performance.now() - began) / 1000;
  const codes = codesOf(result);
  metrics.answered(type, transport, codes, seconds);
  logAnswer(log, scope.requestId, { type, name, status: transport, codes, seconds });
}
