// What a company may choose about its programme, and the arithmetic that follows from it.
import { z } from 'trato/plugin';

const tier = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'A key has lower-case letters, digits and _.'),
  name: z.string().trim().min(1).max(100),
  /** Points earned in all from which on a customer is in it. */
  from: z.int().min(0).max(1_000_000_000),
});

export type Tier = z.infer<typeof tier>;

const bronzeToGold: Tier[] = [
  { key: 'bronze', name: 'Bronze', from: 0 },
  { key: 'silver', name: 'Silver', from: 500 },
  { key: 'gold', name: 'Gold', from: 2_000 },
];

export const config = z.strictObject({
  /** Points for each whole unit of an interaction's value, whatever its currency; at most four decimals. */
  pointsPerUnit: z.coerce
    .string()
    .regex(/^\d{1,6}(\.\d{1,4})?$/, 'A number such as 1 or 0.5.')
    .default('1'),
  /** Keys of the kinds of interactions that earn, such as `order_placed`; none: every kind that has a value. */
  kinds: z.array(z.string().min(1).max(63)).max(100).default([]),
  expireAfterDays: z.int().min(1).max(36_500).default(365),
  /** Lowest first; the first begins at 0, so that every member is in one. */
  tiers: z
    .array(tier)
    .min(1)
    .max(20)
    .refine((tiers) => tiers[0]?.from === 0, 'The first tier begins at 0.')
    .refine((tiers) => tiers.every(({ from }, i) => i === 0 || from > tiers[i - 1]!.from), 'Each tier begins above the one before it.')
    .refine((tiers) => new Set(tiers.map(({ key }) => key)).size === tiers.length, 'Each tier has a key of its own.')
    .default(bronzeToGold),
});

export type Config = z.output<typeof config>;

export function tierOf({ tiers }: Config, earnedTotal: number): Tier {
  return tiers.findLast(({ from }) => from <= earnedTotal) ?? tiers[0]!;
}

/** The tier above the one that somebody is in; null at the top. */
export function nextTierOf({ tiers }: Config, earnedTotal: number): Tier | null {
  return tiers.find(({ from }) => from > earnedTotal) ?? null;
}

/** How far up the tiers somebody is, from 0 to 1. */
export function shareOf(config: Config, earnedTotal: number): number {
  const top = config.tiers.length - 1;
  return top === 0 ? 1 : config.tiers.indexOf(tierOf(config, earnedTotal)) / top;
}

/** Points for an exact value such as `12.5000`, rounded towards zero; negative ones for a negative value. */
export function pointsFor({ pointsPerUnit }: Pick<Config, 'pointsPerUnit'>, value: string): bigint {
  return (tenThousandths(value) * tenThousandths(pointsPerUnit)) / 100_000_000n;
}

/** A decimal number as a whole number of its ten-thousandths: floats would lose some. */
function tenThousandths(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(4, '0').slice(0, 4));
}
