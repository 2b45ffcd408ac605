// The lines of a quote in inputs.
import { z } from 'zod';
import { decimal, input, key, longText } from '../../commands/fields.ts';

export type LineInput = {
  product?: string | null;
  description?: string | null;
  quantity?: string | null;
  unitAmount?: string | null;
  discountPercent?: string | null;
  taxPercent?: string | null;
};

const MOST_LINES = 200;

function within(description: string, fits: (value: number) => boolean, said: string) {
  return decimal(description)
    .refine((value) => fits(Number(value)), said)
    .meta({ gql: 'Decimal', description });
}

export const percent = (description: string) => within(description, (value) => value >= 0 && value <= 100, 'From 0 to 100.');

// Bounded so that no product of the two runs out of the column's digits.
const positive = (description: string) => within(description, (value) => value > 0 && value <= 1_000_000, 'Above 0, at most 1,000,000.');
const price = (description: string) => within(description, (value) => value >= 0 && value <= 10_000_000, 'From 0 to 10,000,000.');

const line = input('QuoteLineInput', 'One thing to offer: a product, or what the description says.', {
  product: key('Key of the product.').nullish(),
  description: longText('What there is to say about it; needed where there is no product.', 2000).nullish(),
  quantity: positive('How many; 1 unless told.').nullish(),
  unitAmount: price('Price of one; by the price list or the product unless told.').nullish(),
  discountPercent: percent('Discount on the price, in percent.').nullish(),
  taxPercent: percent('Tax, in percent.').nullish(),
});

export const linesInput = (description: string) =>
  z.array(line).max(MOST_LINES, `At most ${MOST_LINES} lines.`).meta({ description }) as unknown as z.ZodType<LineInput[]>;
