// Chance from a seed: the same seed gives the same run.

export type Random = {
  /** From 0 up to and without 1. */
  next(): number;
  /** A whole number, both ends included. */
  int(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** At most `most` different items, in their order. */
  some<T>(list: readonly T[], most: number): T[];
  /** A UUIDv7 whose time lies `minutes` after the first of 2024. */
  uuid(minutes: number): string;
};

/** mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick(list) {
      if (list.length === 0) throw new Error('nothing to pick from');
      return list[int(0, list.length - 1)]!;
    },
    some(list, most) {
      const left = [...list.keys()];
      const chosen: number[] = [];
      while (chosen.length < most && left.length > 0) chosen.push(left.splice(int(0, left.length - 1), 1)[0]!);
      return chosen.sort((a, b) => a - b).map((i) => list[i]!);
    },
    uuid(minutes) {
      const hex = (length: number) => Array.from({ length }, () => int(0, 15).toString(16)).join('');
      const time = (Date.UTC(2024, 0, 1) + minutes * 60_000).toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${'89ab'[int(0, 3)]}${hex(3)}-${hex(12)}`;
    },
  };
}
