// The word that somebody meant who wrote another one.

/** How many letters have to be added, left out, exchanged or swapped with their neighbour. */
export function distance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[other.length]!;
}

/** The nearest of the words. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let found: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const other of words) {
    const far = distance(word, other);
    if (far >= least) continue;
    least = far;
    found = other;
  }
  return found;
}

/** Whether one is most likely the other, mistyped: two letters, and not every fourth. */
export function isNear(one: string, other: string): boolean {
  const far = distance(one, other);
  return far <= 2 && far * 4 <= Math.max(one.length, other.length);
}

/** For the end of a refusal: the word that was most likely meant, or nothing. */
export function meant(word: unknown, words: Iterable<string>): string {
  const near = typeof word === 'string' && word.length <= 100 ? nearest(word, words) : undefined;
  return near !== undefined && isNear(word as string, near) ? `: do you mean ${near}?` : '';
}
