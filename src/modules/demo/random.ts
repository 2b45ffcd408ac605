// Chance that repeats itself: the same name gives the same sequence on every machine, so the demo is the same every time.

/** A sequence of chances. Streams of different names do not disturb each other. */
export type Random = {
  /** From 0 up to but not 1. */
  next(): number;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  /** True with probability `share`. */
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** A value, by the weights beside them. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T;
  /** A new list in another order. */
  shuffled<T>(list: readonly T[]): T[];
  /** Around 1, never negative, skewed to the right: `spread` .5 is mild, 1 is wild. */
  factor(spread: number): number;
};

const SEED = 20_240_611;

/** The sequence with this name. */
export function randomFor(...name: (string | number)[]): Random {
  const next = mulberry32(hash(name.join(' ')) ^ SEED);
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (share) => next() < share,
    pick: (list) => list[int(0, list.length - 1)]!,
    weighted: (choices) => {
      let rest = next() * totalOf(choices);
      for (const [value, weight] of choices) {
        rest -= weight;
        if (rest < 0) return value;
      }
      return choices.at(-1)![0];
    },
    shuffled: (list) => {
      const all = [...list];
      for (let last = all.length - 1; last > 0; last--) {
        const other = int(0, last);
        [all[last], all[other]] = [all[other]!, all[last]!];
      }
      return all;
    },
    factor: (spread) => Math.exp(spread * (next() + next() + next() - 1.5) * 2),
  };
}

const totals = new WeakMap<object, number>();

function totalOf(choices: readonly (readonly [unknown, number])[]): number {
  const known = totals.get(choices) ?? choices.reduce((sum, [, weight]) => sum + weight, 0);
  totals.set(choices, known);
  return known;
}

// FNV-1a.
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
