// The reads of one request: everything batches by field and arguments, so a level of the answer costs one statement.
import DataLoader from 'dataloader';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';

export type Reader = {
  db: Queryable;
  viewer: Viewer;
  /** Loads `key` together with all others asked of the same `name` in this tick. */
  batch<K, V>(name: string, key: K, load: (keys: readonly K[]) => Promise<V[]>): Promise<V>;
};

const MAX_BATCH = 500;

/** A reader for one viewer. Nothing is cached beyond a batch, so reads after a write see it. */
export function createReader(db: Queryable, viewer: Viewer): Reader {
  const loaders = new Map<string, DataLoader<unknown, unknown>>();
  return {
    db,
    viewer,
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
