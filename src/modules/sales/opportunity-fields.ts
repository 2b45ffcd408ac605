// The fields of an opportunity in inputs.
import { z } from 'zod';
import { date, dateTime, decimal, externalRef, input, key, longText, money, oneOf, text } from '../../commands/fields.ts';
import { type ForecastCategory, ForecastCategoryValues } from '../../db/models.ts';
import { type TeamRef, teamRef, type UserRef, userRef } from '../access/index.ts';
import { type CustomerRef, customerRef } from '../customers/index.ts';
import type { MoneyInput } from './create.ts';

export const productRef = (description = 'Key of the product.') => key(description);
export const priceListRef = (description = 'Key of the price list.') => key(description);
export const pipelineRef = (description = 'Key of the pipeline.') => key(description);
export const stageRef = (description = 'Key of the stage, in its pipeline.') => key(description);

/** A decimal number in a range, told as `decimal` does. */
export function decimalBetween(description: string, min: number, max: number) {
  return decimal(description)
    .refine((value) => Number(value) >= min && Number(value) <= max, {
      message: `From ${min} to ${max}.`,
      params: { code: 'INVALID_VALUE' },
    })
    .meta({ gql: 'Decimal', description });
}

export const probability = () => decimalBetween('How likely it is won, from 0 to 1.', 0, 1);
export const forecastCategory = (description: string) => oneOf('ForecastCategory', ForecastCategoryValues, description);

export type WrittenLine = {
  product: string;
  quantity?: string | null;
  unitAmount?: string | null;
  discountPercent?: string | null;
  description?: string | null;
};

/** The fields of a line, for opportunities and what is made like them. */
export const lineFields = {
  product: productRef('Key of the product.'),
  quantity: decimalBetween('How many; 1 unless told.', 0.0001, 999_999_999).nullish(),
  unitAmount: decimal('Price of one; that of the price list or of the product unless told.').nullish(),
  discountPercent: decimalBetween('Discount on the price, in percent.', 0, 100).nullish(),
  description: text('What there is to say about it.', 500).nullish(),
};

export const lineInput = input('OpportunityLineInput', 'A product that an opportunity is about.', lineFields);
export const linesInput = () =>
  z.array(lineInput).max(100, 'At most 100 lines.').meta({ description: 'The products it is about; their sum is its value.' });

export type OpportunityInput = {
  externalRef?: { system: string; value: string } | null;
  name?: string | null;
  customer?: CustomerRef | null;
  pipeline?: string | null;
  stage?: string | null;
  owner?: UserRef | null;
  team?: TeamRef | null;
  value?: MoneyInput | null;
  lines?: WrittenLine[] | null;
  priceList?: string | null;
  probability?: string | null;
  forecastCategory?: ForecastCategory | null;
  expectedCloseOn?: string | null;
  openedAt?: Date | null;
  closedAt?: Date | null;
  closeReason?: string | null;
  lostTo?: string | null;
  closeNote?: string | null;
  source?: string | null;
  tags?: string[] | null;
};

/** What can be said of an opportunity wherever it stands. */
export const plainFields = {
  customer: customerRef('Who may buy.').nullish(),
  owner: userRef('The user who works on it.').nullish(),
  team: teamRef('The team that works on it; of a new one the only team of its owner unless told.').nullish(),
  value: money('What it is worth; where it has lines, their sum.').nullish(),
  probability: probability().nullish(),
  forecastCategory: forecastCategory('How it counts in forecasts, where that differs from its stage.').nullish(),
  expectedCloseOn: date('Day on which it is expected to be closed.').nullish(),
  openedAt: dateTime('When it was opened; now unless told.').nullish(),
  closeReason: key('Key of the reason for its end.').nullish(),
  lostTo: key('Key of the competitor who won it.').nullish(),
  closeNote: longText('What there is to say about how it ended.', 5000).nullish(),
  source: text('Where it came from, in words of the company.', 200).nullish(),
  tags: z
    .array(text('A label.', 100))
    .max(50)
    .transform((tags) => [...new Set(tags)].sort())
    .nullish()
    .meta({ description: 'Free labels.' }),
  externalRef: externalRef('Its id in another system.').nullish(),
};

/** What is said of one that is made, or brought in. */
export const wholeFields = {
  ...plainFields,
  pipeline: pipelineRef('Key of the pipeline; the default one unless told.').nullish(),
  stage: stageRef('Key of the stage; the first open one of the pipeline unless told.').nullish(),
  closedAt: dateTime('When it was won or lost, where its stage says so; now unless told.').nullish(),
  lines: linesInput().nullish(),
  priceList: priceListRef('Key of the price list for lines without a price.').nullish(),
};

export const opportunityName = () => text('What it is about.', 300);
