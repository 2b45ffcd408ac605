/**
 * Remembers what was made for an object and a key, as long as the object lives; beyond `most` keys of one object it
 * begins anew. `keep` false: made, but not kept.
 */
export function remembered<V>(most: number): (owner: object, key: string, make: () => V, keep?: boolean) => V {
  const owners = new WeakMap<object, Map<string, V>>();
  return (owner, key, make, keep = true) => {
    let known = owners.get(owner);
    if (!known) {
      known = new Map();
      owners.set(owner, known);
    }
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make();
    if (known.size >= most) known.clear();
    if (keep) known.set(key, made);
    return made;
  };
}
