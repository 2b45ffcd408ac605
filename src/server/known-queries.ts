// Queries that were answered by the read engine before. Apollo Server has parsed, validated and limited them; when one
// comes again it goes straight to the engine, and Apollo Server takes only what turns out not to be that plain.
import type { DocumentNode, OperationDefinitionNode } from 'graphql';

export type KnownQuery = { document: DocumentNode; operation: OperationDefinitionNode };

export type KnownQueries = {
  find(text: string, operationName: string | null): KnownQuery | undefined;
  remember(text: string, operationName: string | null, query: KnownQuery): void;
};

const MOST_QUERIES = 2_000;
/** Characters of all texts together, and of one. */
const MOST_TEXT = 5_000_000;
const MOST_OF_ONE = 20_000;

/** Makes the memory of a server; the oldest queries make room for new ones. */
export function createKnownQueries(): KnownQueries {
  const known = new Map<string, KnownQuery>();
  let characters = 0;
  const keyOf = (text: string, operationName: string | null) => (operationName === null ? text : `${operationName}\n${text}`);
  return {
    find: (text, operationName) => known.get(keyOf(text, operationName)),
    remember(text, operationName, query) {
      const key = keyOf(text, operationName);
      if (known.has(key) || key.length > MOST_OF_ONE) return;
      known.set(key, query);
      characters += key.length;
      for (const oldest of known.keys()) {
        if (known.size <= MOST_QUERIES && characters <= MOST_TEXT) break;
        known.delete(oldest);
        characters -= oldest.length;
      }
    },
  };
}
