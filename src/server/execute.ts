// Operations that come over a socket: the same checks, limits and masked errors as over HTTP, and subscriptions whose
// answers carry their place in the event log.
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import { checkDocument, recoded } from '../graphql/check-document.ts';
import type { Context } from '../graphql/context.ts';
import { apiError } from '../graphql/errors.ts';
import { type FeedEnvelope, isRowGone } from '../graphql/feed-envelope.ts';
import { remembered } from '../lib/remembered.ts';
import { answerQuery } from './answer.ts';
import { checkTexts } from './body.ts';
import { admitDocument, type DocumentRequest } from './documents/admit.ts';
import { maskError } from './mask-error.ts';
import { type RequestScope, withScope } from './request-scope.ts';
import type { Services } from './services.ts';

export type Operation = {
  /** The text of the document. */
  text: string;
  document: DocumentNode;
  definition: OperationDefinitionNode;
  variables: Record<string, unknown> | null;
};
export type OperationRequest = DocumentRequest & { operationName?: unknown; variables?: unknown };

/** Finds or parses what a client sent, and checks it. Throws an error of the catalogue or an array of them. */
export function readOperation(services: Services, viewer: Viewer | null, request: OperationRequest): Operation {
  const trusted = admitDocument(services.documents, viewer, request);
  const query = trusted?.text ?? request.query;
  const { operationName = null, variables = null } = request;
  if (
    typeof query !== 'string' ||
    (operationName !== null && typeof operationName !== 'string') ||
    typeof variables !== 'object' ||
    Array.isArray(variables)
  ) {
    throw [apiError('BAD_REQUEST', 'query must be a text, operationName a text, and variables an object.')];
  }
  try {
    checkTexts({ variables });
  } catch (error) {
    throw [error];
  }
  const document = trusted?.document ?? knownDocument(services, query);
  const definition = getOperationAST(document, operationName);
  if (!definition) throw [apiError('OPERATION_RESOLUTION_FAILURE')];
  return { text: query, document, definition, variables: variables as Operation['variables'] };
}

/** Longer texts are not kept, so that they cannot fill the memory. */
const MOST_TEXT = 10_000;
const rememberedDocument = remembered<DocumentNode>(500);

/** A document as it was parsed and checked the last time: what is compiled for it is found again. */
function knownDocument(services: Services, text: string): DocumentNode {
  return rememberedDocument(services, text, () => checkDocument(services, text), text.length <= MOST_TEXT);
}

/** Runs a query or a mutation: by the read engine where that can answer, else by graphql-js. */
export function runOperation(
  args: ExecutionArgs,
  operation: OperationDefinitionNode,
  scope: RequestScope,
): Promise<FormattedExecutionResult> {
  const { schema, document, variableValues: variables } = args;
  return withScope(scope, async () => {
    try {
      const answer = await answerQuery(args.contextValue as Context, { schema, document, operation, variables });
      if (answer) return { data: JSON.parse(answer.text) };
    } catch (error) {
      return { errors: [maskError(error, scope)] };
    }
    return masked(await execute(args), scope);
  });
}

export type FeedOptions = {
  /** The context in which one answer is resolved. */
  answerContext: () => Context;
  /** Waits until the reader can take more; undefined when it can. */
  room: () => Promise<void> | undefined;
  scope: RequestScope;
  /** Makes an answer once for all who ask for the same at the same moment; `share` names the event. */
  shared: (share: string, make: () => Promise<FormattedExecutionResult>) => Promise<FormattedExecutionResult>;
  /** Called when an answer has left: how long that took since its event came, and whether its feed had fallen behind. */
  onDelivered?: (milliseconds: number, lagged: boolean) => void;
  /** Called once, when the subscription is over. */
  onEnd?: () => void;
};

/**
 * Runs a subscription: an iterator of its answers, or the errors with which it could not begin. The next event is only
 * asked for once the reader has room, and each is read with a context of its own.
 */
export async function runSubscription(
  args: ExecutionArgs,
  options: FeedOptions,
): Promise<AsyncGenerator<FormattedExecutionResult, void> | FormattedExecutionResult> {
  const { scope } = options;
  const source = await withScope(scope, () => createSourceEventStream(args));
  if (!(Symbol.asyncIterator in source)) return masked(source, scope);
  const events = (source as AsyncIterable<FeedEnvelope>)[Symbol.asyncIterator]();
  let over = false;
  let last: { at: number; lagged: boolean } | null = null;

  function finish(): IteratorReturnResult<void> {
    if (!over) options.onEnd?.();
    over = true;
    return { value: undefined, done: true };
  }

  async function end(): Promise<IteratorReturnResult<void>> {
    finish();
    await events.return?.();
    return { value: undefined, done: true };
  }

  async function next(): Promise<IteratorResult<FormattedExecutionResult, void>> {
    // To be asked for the next answer means that the one before has left.
    if (last) options.onDelivered?.(performance.now() - last.at, last.lagged);
    last = null;
    const wait = options.room();
    if (wait) await wait;
    if (over) return { value: undefined, done: true };
    for (let lagged = false; ; ) {
      let event: IteratorResult<FeedEnvelope>;
      try {
        event = await events.next();
      } catch (error) {
        await end();
        throw presentable(error, scope);
      }
      if (event.done || over) return finish();
      const at = performance.now();
      const { feed } = event.value;
      if (feed?.milestone) return { value: { data: null, extensions: { feed } }, done: false };
      lagged ||= feed?.lagged ?? false;
      const result = await answer(event.value);
      if (result === null) continue;
      last = { at, lagged };
      return { value: feed ? { ...result, extensions: { ...result.extensions, feed: { ...feed, lagged } } } : result, done: false };
    }
  }

  /** Null where what the event is about is gone since. */
  async function answer({ root, share }: FeedEnvelope): Promise<FormattedExecutionResult | null> {
    let left = false;
    const make = async () => {
      const contextValue = options.answerContext();
      const result = await withScope(scope, () => execute({ ...args, rootValue: root, contextValue }));
      left = isRowGone(result.errors);
      return masked(result, scope);
    };
    // Answers with errors are not shared: one that is left out was made here.
    const result = share === undefined ? await make() : await options.shared(share, make);
    return left ? null : result;
  }

  const answers: AsyncGenerator<FormattedExecutionResult, void> = {
    next,
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]: () => answers,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
  return answers;
}

/** An error as its reader may see it, as graphql-ws wants it. */
export function presentable(error: unknown, scope: RequestScope): GraphQLError {
  const { message, extensions, path } = maskError(error, scope);
  const { nodes, source, positions } = error instanceof GraphQLError ? error : {};
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

function masked(result: ExecutionResult, scope: RequestScope): FormattedExecutionResult {
  if (!result.errors) return result as FormattedExecutionResult;
  const errors = result.data === undefined ? result.errors.map(ofVariable) : result.errors;
  return { ...result, errors: errors.map((error) => maskError(error, scope)) };
}

/** An error before anything ran is one of variables that do not fit; graphql-js gives it no code. */
function ofVariable(error: GraphQLError): GraphQLError {
  const uncoded =
    !error.path && error.extensions.code === undefined && (!error.originalError || error.originalError instanceof GraphQLError);
  return uncoded ? recoded('BAD_USER_INPUT', error) : error;
}
