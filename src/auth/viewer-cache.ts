// Keeps who a credential belongs to for a few seconds, so that a busy key costs no query. Credentials are known by
// their hash only, and those who ask for the same one at the same moment share one look-up.

export type ViewerCache<V extends { expiresAt: Date | null }> = {
  /** The remembered value, or what `load` gives; failures are not remembered. */
  get(key: string, load: () => Promise<V>): Promise<V>;
  /** Forgets everything, also what look-ups that are under way will find. */
  clear(): void;
  size(): number;
};

export type CacheOptions = { ttlMs: number; capacity: number; now: () => number };

type Entry<V> = { value: Promise<V>; until: number };

/** A cache of at most `capacity` values, the least recently used leave first. A value never outlives its `expiresAt`. */
export function createViewerCache<V extends { expiresAt: Date | null }>({ ttlMs, capacity, now }: CacheOptions): ViewerCache<V> {
  // A Map keeps the order of insertion: the first key is the one that was not asked for the longest.
  const entries = new Map<string, Entry<V>>();

  function remember(key: string, load: () => Promise<V>): Promise<V> {
    const entry: Entry<V> = { value: load(), until: Number.POSITIVE_INFINITY };
    entries.set(key, entry);
    if (entries.size > capacity) entries.delete(entries.keys().next().value as string);
    entry.value.then(
      (value) => {
        entry.until = Math.min(now() + ttlMs, value.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
      },
      () => {
        if (entries.get(key) === entry) entries.delete(key);
      },
    );
    return entry.value;
  }

  return {
    get(key, load) {
      const entry = entries.get(key);
      entries.delete(key);
      if (!entry || now() >= entry.until) return remember(key, load);
      entries.set(key, entry);
      return entry.value;
    },
    clear: () => entries.clear(),
    size: () => entries.size,
  };
}
