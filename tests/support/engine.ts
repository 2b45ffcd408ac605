// Answers a query as a server does, by an executor of choice: SQL alone, SQL with finished fields, or graphql-js over rows.
import { execute, type GraphQLError, type GraphQLSchema, getOperationAST, parse } from 'graphql';
import pino from 'pino';
import type { Viewer } from '../../src/auth/viewer.ts';
import type { Database } from '../../src/db/database.ts';
import type { EventHub } from '../../src/events/index.ts';
import type { Context } from '../../src/graphql/context.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import type { Executor } from '../../src/query/read.ts';
import { createReader } from '../../src/query/reader.ts';
import { answerQuery } from '../../src/server/answer.ts';
import { maskError } from '../../src/server/mask-error.ts';

export type Question = { query: string; variables?: Record<string, unknown>; operationName?: string };
export type EngineAnswer = { executor: Executor; data: unknown; errors: { code: string; path: string; message: string }[] };

const log = pino({ level: 'silent' });
const documents = new Map<string, ReturnType<typeof parse>>();

/** The same document for the same text, as a server keeps it: only so plans are found again. */
function parsed(query: string): ReturnType<typeof parse> {
  let document = documents.get(query);
  if (!document) {
    document = parse(query);
    if (documents.size >= 1000) documents.clear();
    documents.set(query, document);
  }
  return document;
}

/** The context of one request of the viewer. */
export function contextOf(db: Database, viewer: Viewer): Context {
  return { requestId: 'test', viewer, db, reader: createReader(db, viewer), hub: null as unknown as EventHub, log };
}

/**
 * Answers a query. Without `executor` as a server does, which takes the first that can. Null where the one asked for
 * cannot answer this query.
 */
export async function answer(
  { db, schema = buildSchema() }: { db: Database; schema?: GraphQLSchema },
  viewer: Viewer,
  { query, variables, operationName }: Question,
  executor?: Executor,
): Promise<EngineAnswer | null> {
  const document = parsed(query);
  const operation = getOperationAST(document, operationName)!;
  const ctx = contextOf(db, viewer);
  const found = await answerQuery(ctx, { schema, document, operation, variables }, executor);
  if (found) return { executor: found.executor, data: JSON.parse(found.text), errors: [] };
  if (executor && executor !== 'exec') return null;
  const result = await execute({ schema, document, operationName, variableValues: variables, contextValue: ctx });
  return { executor: 'exec', data: result.data ?? null, errors: (result.errors ?? []).map(shown) };
}

function shown(error: GraphQLError): { code: string; path: string; message: string } {
  const coded = error.path || error.extensions.code ? error : Object.assign(error, { extensions: { code: 'BAD_USER_INPUT' } });
  const { message, extensions } = maskError(coded, { requestId: 'test', log, suggestions: false } as never);
  const cause = extensions!.code === 'INTERNAL_SERVER_ERROR' ? ` ${error.originalError?.stack ?? error.message}` : '';
  return { code: String(extensions!.code), path: error.path?.join('.') ?? '', message: message + cause };
}
