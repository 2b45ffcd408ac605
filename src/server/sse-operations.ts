// The parts of graphql-sse that are ours: how the operations of an event stream are checked and run.
import type { FormattedExecutionResult, GraphQLError } from 'graphql';
import { createHandler, type Handler, type Request, type Response } from 'graphql-sse';
import { apiError } from '../graphql/errors.ts';
import type { Connection } from './live-connection.ts';
import type { Answers, LiveArgs, LiveOperations } from './live-operations.ts';
import { statusOf } from './mask-error.ts';
import type { MessageIds } from './sse-ids.ts';

/** An event stream: a connection and the operations on it, under the ids of its client; the only one of a stream of its own has the id ''. */
export type Stream = Connection & {
  /** Names the stream where it is shared by operations; null for one of a single operation. */
  token: string | null;
  open: Set<string>;
};

export type StreamRequest = Request<
  unknown,
  {
    stream: Stream | null;
    token: string | null;
    body: object | null;
    id: string;
    /** Of a stream of a single operation. */
    messageIds?: MessageIds | undefined;
  }
>;

/** Errors after which the same request may do better: told by the status of the response, so that clients try again. */
const retryable = new Set([429, 503, 504]);

/** Makes the handler of the protocol. */
export function streamHandler(operations: LiveOperations, maxOperations: number): Handler<unknown, StreamRequest['context']> {
  return createHandler<unknown, StreamRequest['context']>({
    authenticate: (request) => request.context.token,
    // Documents are checked before they come here.
    validate: () => [],

    async onSubscribe(request, params) {
      const stream = request.context.stream!;
      const id = String((params.extensions as { operationId?: unknown } | null)?.operationId ?? '');
      request.context.id = stream.token === null ? '' : id;
      const key = request.context.id;
      if (stream.open.size >= maxOperations)
        return refused([apiError('BAD_REQUEST', `A stream runs at most ${maxOperations} operations at once.`)], 429);
      stream.open.add(key);
      const args = await operations.begin(stream, key, { ...params, ...request.context.body } as never, request.context.messageIds);
      if (Array.isArray(args)) {
        const status = Math.max(...args.map((error) => statusOf(error.extensions.code)));
        if (stream.token !== null || !retryable.has(status)) return once({ errors: args }) as never;
        forget(operations, stream, key);
        return refused(args, status);
      }
      if (args.definition.operation === 'mutation' && request.method === 'GET') {
        forget(operations, stream, key);
        return refused([apiError('BAD_REQUEST', 'Send mutations by POST.')], 405);
      }
      return args as never;
    },

    execute: (args) => operations.execute(args as unknown as LiveArgs) as never,
    subscribe: (args) => begun(operations.subscribe(args as unknown as LiveArgs)) as never,

    onNext(_ctx, request, result) {
      request.context.messageIds?.answered(result as FormattedExecutionResult);
    },

    onComplete(_ctx, request) {
      const { stream, id } = request.context;
      // Once what it answered is on its way: a stopping server ends the stream then.
      setImmediate(() => forget(operations, stream!, id));
    },
  });
}

/** An operation of the stream is over. */
export function forget(operations: LiveOperations, stream: Stream, id: string): void {
  stream.open.delete(id);
  operations.ended(stream, id);
}

function refused(errors: readonly GraphQLError[], status: number): Response {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...(status === 405 && { allow: 'POST' }) };
  return [JSON.stringify({ errors }), { status, statusText: 'Refused', headers }];
}

async function* once(result: FormattedExecutionResult | { errors: readonly GraphQLError[] }): AsyncGenerator<never, void> {
  yield result as never;
}

async function begun(subscribing: ReturnType<LiveOperations['subscribe']>): Promise<Answers | FormattedExecutionResult> {
  const result = await subscribing;
  return Symbol.asyncIterator in result ? told(result) : result;
}

/** The protocol has no message for an error that ends a feed: it is the last answer. */
function told(answers: Answers): Answers {
  let failed = false;
  const telling: Answers = {
    async next() {
      if (failed) return { value: undefined, done: true };
      try {
        return await answers.next();
      } catch (error) {
        failed = true;
        return { value: { errors: [error as GraphQLError] }, done: false };
      }
    },
    return: () => answers.return(),
    throw: (error) => answers.throw(error),
    [Symbol.asyncIterator]: () => telling,
    async [Symbol.asyncDispose]() {
      await answers.return();
    },
  };
  return telling;
}
