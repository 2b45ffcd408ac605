// `ctx.query`: GraphQL as the plugin itself.
import { type DocumentNode, execute, type GraphQLError, getOperationAST } from 'graphql';
import type { Database, Queryable, Transaction } from '../db/database.ts';
import type { EventHub } from '../events/index.ts';
import { builtSchema } from '../graphql/built-schema.ts';
import { checkDocument } from '../graphql/check-document.ts';
import type { Context } from '../graphql/context.ts';
import { remembered } from '../lib/remembered.ts';
import { createReader } from '../query/reader.ts';
import { deeper } from './depth.ts';
import type { LoadedPlugin } from './loaded.ts';
import { checkedTransaction } from './own-tables/inside.ts';
import { pluginViewer } from './plugin-viewer.ts';

const MOST_DOCUMENTS = 200;
const rememberedDocument = remembered<DocumentNode>(MOST_DOCUMENTS);

export type OwnQuery = {
  plugin: LoadedPlugin;
  db: Queryable;
  workspaceId: string;
  /** Throws where nothing may run any more: asked before each statement in a transaction. */
  check: () => void;
};

/** The data of a query with the permissions that the plugin declared. Throws the first error. */
export async function ownQuery<Data>(from: OwnQuery, text: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const schema = builtSchema();
  const document = rememberedDocument(schema, text, () => readDocument(text));
  const { data, errors } = await deeper(from.plugin, 'a query', async () =>
    execute({ schema, document, variableValues: variables, contextValue: contextOf(from) }),
  );
  const error = errors?.[0];
  if (error) throw causeOf(error);
  return data as Data;
}

function readDocument(text: string): DocumentNode {
  let document: DocumentNode;
  try {
    document = checkDocument({ schema: builtSchema(), introspection: true }, text);
  } catch (errors) {
    throw Array.isArray(errors) ? errors[0] : errors;
  }
  const operation = getOperationAST(document);
  if (operation?.operation !== 'query') throw new Error('ctx.query takes one query; changes are made by ctx.command');
  return document;
}

// A deadlock must be seen as one by whoever runs the transaction.
function causeOf(error: GraphQLError): Error {
  const cause = error.originalError as (Error & { code?: unknown }) | undefined;
  return typeof cause?.code === 'string' ? cause : error;
}

function contextOf({ plugin, db, workspaceId, check }: OwnQuery): Context {
  const viewer = pluginViewer(plugin, workspaceId);
  const whole = 'pool' in db ? (db as Database) : withinTransaction(db as Transaction, check);
  return {
    requestId: '',
    viewer,
    db: whole,
    reader: createReader(whole, viewer),
    hub: undefined as unknown as EventHub,
    log: plugin.log as Context['log'],
  };
}

/** For fields that ask for the database: they read in the transaction, too. */
function withinTransaction(tx: Transaction, check: () => void): Database {
  const inside = checkedTransaction(tx, check);
  return Object.assign(inside, { transaction: (fn: (tx: Transaction) => unknown) => fn(inside) }) as unknown as Database;
}
