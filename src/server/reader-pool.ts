// Readers shared between subscribers that see the same: when one event reaches 500 of them in one tick, their reads
// meet in the same batches and cost a few statements. A reader keeps nothing beyond a batch, so sharing it reveals
// nothing old; and it is shared only under an equal policy, so nothing of others.
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import { createReader, type Reader } from '../query/reader.ts';

export type ReaderPool = { forViewer(viewer: Viewer): Reader };

/** Gives each policy one reader per tick of the event loop. */
export function createReaderPool(db: Queryable): ReaderPool {
  const readers = new Map<string, Reader>();
  return {
    forViewer(viewer) {
      const key = policyKey(viewer);
      let reader = readers.get(key);
      if (!reader) {
        if (readers.size === 0) setImmediate(() => readers.clear());
        reader = createReader(db, viewer);
        readers.set(key, reader);
      }
      return reader;
    },
  };
}

const keys = new WeakMap<Viewer, string>();

/** Text that is equal for two viewers only if they may read the same: workspace, user, teams and the role's content. */
export function policyKey(viewer: Viewer): string {
  let key = keys.get(viewer);
  if (key === undefined) {
    const { permissions, rowScope, hiddenFields } = viewer.role;
    const scopes = [...rowScope].map(([subject, scope]) => `${subject}=${scope}`);
    key = JSON.stringify([viewer.workspaceId, viewer.userId, ...[viewer.teamIds, [...permissions], scopes, [...hiddenFields]].map((list) => list.toSorted())]);
    keys.set(viewer, key);
  }
  return key;
}
