// Says within this process that somebody's access has changed, so that a withdrawn key is refused from the commit on.

const listeners = new Set<() => void>();

/** Has `callback` called after each commit of this process that changed users, teams, roles or keys; gives the way to end that. */
export function onAccessChanged(callback: () => void): () => void {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/** To be called after such a commit: `tx.afterCommit(accessChanged)`. */
export function accessChanged(): void {
  for (const callback of listeners) callback();
}
