// Values with which the rows of the fuzzed workspaces are filled: few, so that they tie, and some that are hard to write down.
import type { JsonValue } from '../../src/db/models.ts';
import type { Random } from './random.ts';

const hardTexts = [
  '100 %',
  'a_b',
  'back\\slash',
  '"quoted"',
  "it's",
  '',
  ' padded ',
  'null',
  'Ünïcode ÉCOLE',
  '日本語',
  '🦓🎉',
  'line\nbreak\ttab',
  '<b>&amp;</b>',
  '$1',
  '{"a":1}',
  '\u2028',
];
export const words = ['alpha', 'Alpha', 'beta', 'Beta corp', 'gamma', 'Gamma', 'delta', 'Zeta', 'zeta zone', 'eta'];

export function text(random: Random): string {
  return random.chance(0.25) ? random.pick(hardTexts) : random.pick(words);
}

export function orNull<T>(random: Random, value: T, probability = 0.3): T | null {
  return random.chance(probability) ? null : value;
}

/** One of few moments, so that rows tie. */
export function moment(random: Random): Date {
  return new Date(Date.UTC(2025, random.int(0, 11), random.int(1, 3), random.pick([0, 12]), 0, 0, random.pick([0, 0, 7, 120])));
}

export function day(random: Random): string {
  return `${random.pick([1950, 1980, 1999, 2024])}-0${random.int(1, 9)}-${random.pick(['01', '15', '28'])}`;
}

/** Amount and currency, or neither. */
export function money(random: Random): [string | null, string | null] {
  if (random.chance(0.35)) return [null, null];
  const amount = random.pick(['0', '1', '12.5', '-3.25', '99.9999', '0.0001', '-0.5', '1000', '123456789012345.6789']);
  return [amount, random.chance(0.8) ? 'EUR' : random.pick(['USD', 'GBP'])];
}

export function sentiment(random: Random): number | null {
  return orNull(random, random.pick([-1, -0.3333333333333333, 0, 0.1, 0.5, 1e-7, 1]));
}

export const attributeKeys = ['tier', 'score', 'vip', 'since', 'seen_at', 'colours', 'notes', 'nobody'];

/** Custom attributes; each may be missing, null or, since data is data, of another type. */
export function attributes(random: Random): { [key: string]: JsonValue } {
  const values: { [key: string]: () => JsonValue } = {
    tier: () => random.pick(['gold', 'silver', 'Gold']),
    score: () => random.pick<JsonValue>([1, 2, 10, 1.5, -3, 0.1, 1_000_000, '7']),
    vip: () => random.chance(0.5),
    since: () => random.pick(['2024-01-31', '2025-06-01', '2025-12-24']),
    seen_at: () => random.pick(['2025-01-01T09:30:00.000Z', '2025-06-01T00:00:00.000Z']),
    colours: () => random.some(['red', 'green', 'blue', 'a "b"'], random.int(0, 3)),
    notes: () => text(random),
  };
  const chosen = random.some(Object.keys(values), random.int(0, 5));
  return Object.fromEntries(chosen.map((key) => [key, random.chance(0.07) ? null : values[key]!()]));
}

/** A part of a text, in whole characters: half an emoji is none that a document can hold. */
export function cut(text: string, from: number, to?: number): string {
  return [...text].slice(from, to).join('');
}
