// Readers of live subscriptions, shared between those that see the same: when one event reaches 500 of them, their
// reads meet in the same batches and cost a few statements. A reader keeps nothing beyond a batch, so what is shared is
// never old; and it is shared only under an equal policy, so nothing of others.
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import { createReader, type Reader } from '../query/reader.ts';

export type ReaderPool = {
  /** A reader whose batches are shared, tick by tick, with those of all viewers of the same policy. */
  forViewer(viewer: Viewer): Reader;
};

/** Makes the pool of a process. */
export function createReaderPool(db: Queryable): ReaderPool {
  const ofThisTick = new Map<string, Reader>();

  function shared(viewer: Viewer): Reader {
    const key = policyKey(viewer);
    let reader = ofThisTick.get(key);
    if (!reader) {
      if (ofThisTick.size === 0) setImmediate(() => ofThisTick.clear());
      reader = createReader(db, viewer);
      ofThisTick.set(key, reader);
    }
    return reader;
  }

  return {
    forViewer: (viewer) => ({ db, viewer, refusals: [], batch: (name, key, load) => shared(viewer).batch(name, key, load) }),
  };
}

const keys = new WeakMap<Viewer, string>();

/** Text that is equal for two viewers only if they may read the same: workspace, user, teams and the role's content. */
export function policyKey(viewer: Viewer): string {
  let key = keys.get(viewer);
  if (key === undefined) {
    const { permissions, rowScope, hiddenFields } = viewer.role;
    const scopes = [...rowScope].map(([subject, scope]) => `${subject}=${scope}`);
    key = JSON.stringify([
      viewer.workspaceId,
      viewer.userId,
      ...[viewer.teamIds, [...permissions], scopes, [...hiddenFields]].map((list) => list.toSorted()),
    ]);
    keys.set(viewer, key);
  }
  return key;
}
