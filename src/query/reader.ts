// The reads of one request: who asks, and the batches in which fields that graphql-js resolves ask together.
import DataLoader from 'dataloader';
import type { GraphQLError } from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable, Statement } from '../db/database.ts';

export type Reader = {
  db: Queryable;
  viewer: Viewer;
  /** Loads `key` together with all others asked of the same `name` in this tick. */
  batch<K, V>(name: string, key: K, load: (keys: readonly K[]) => Promise<V[]>): Promise<V>;
  /** Errors of fields, as the rows that were read for graphql-js name them. */
  refusals: GraphQLError[];
  /** Told of every statement of the read engine, where somebody asked for that. */
  explain?: (statement: Statement, executor: string) => void;
};

const MAX_BATCH = 500;

/** A reader for one viewer. Nothing is cached beyond a batch, so reads after a write see it. */
export function createReader(db: Queryable, viewer: Viewer): Reader {
  const loaders = new Map<string, DataLoader<unknown, unknown>>();
  return {
    db,
    viewer,
    refusals: [],
    batch<K, V>(name: string, key: K, load: (keys: readonly K[]) => Promise<V[]>) {
      let loader = loaders.get(name) as DataLoader<K, V> | undefined;
      if (!loader) {
        loader = new DataLoader<K, V>(load, { cache: false, maxBatchSize: MAX_BATCH });
        loaders.set(name, loader as DataLoader<unknown, unknown>);
      }
      return loader.load(key);
    },
  };
}
