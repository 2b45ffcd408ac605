// The inputs that say what a rule of the factory waits for and what its opportunities are worth.
import type { z } from 'zod';
import { attributeKey, bool, decimal, input, int, key, money, oneOf, oneOfInput } from '../../commands/fields.ts';
import { InteractionDirectionValues } from '../../db/models.ts';

const oneOnly = { message: 'Give exactly one of the fields.', params: { code: 'ONE_OF_INVALID' } };
const oneGiven = (value: object) => Object.values(value).filter((part) => part !== undefined && part !== false).length === 1;

const segmentEntered = input('SegmentEnteredSignalInput', 'A customer came into a segment.', { segment: key('Key of the segment.') });
const stageChanged = input('StageChangedSignalInput', 'A customer entered a lifecycle stage.', {
  stage: key('Key of the lifecycle stage.'),
});
const interaction = input('InteractionSignalInput', 'A contact of some kind happened.', {
  kind: key('Key of the kind of interaction.'),
  direction: oneOf('InteractionDirection', InteractionDirectionValues, 'Who began it; either unless told.').nullish(),
  minimumValue: decimal('What it was worth at least, in the currency of the workspace; anything unless told.').nullish(),
});
const dateOf = oneOfInput('CustomerDateInput', 'A day that has to do with a customer.', {
  birthday: bool('The birthday, every year: true.').optional(),
  attribute: attributeKey('Key of a custom attribute of customers of type DATE.').optional(),
  lastPurchase: bool('The day on which the last opportunity was won: true.').optional(),
})
  .refine(oneGiven, oneOnly)
  .meta({ gql: 'CustomerDateInput', description: 'A day that has to do with a customer.', oneOf: true });
const dateReached = input('DateReachedSignalInput', 'A day that has to do with the customer is near or past.', {
  date: dateOf,
  daysBefore: int('How many days before it; not together with `daysAfter`.', 0, 366).nullish(),
  daysAfter: int('How many days after it.', 0, 3650).nullish(),
  yearly: bool('Whether every return of the day counts; of birthdays always.').nullish(),
});
const companionMissing = input('CompanionMissingSignalInput', 'A customer bought a product without its companion.', {
  product: key('Key of the product that was bought.'),
  companion: key('Key of the product that goes with it.'),
});

/** What a rule waits for, as written. */
export type WrittenSignal = {
  segmentEntered?: z.infer<typeof segmentEntered>;
  stageChanged?: z.infer<typeof stageChanged>;
  interaction?: z.infer<typeof interaction>;
  dateReached?: z.infer<typeof dateReached>;
  companionMissing?: z.infer<typeof companionMissing>;
};

const signalWords = 'What a rule waits for.';
export const signalInput = oneOfInput('OpportunitySignalInput', signalWords, {
  segmentEntered: segmentEntered.optional(),
  stageChanged: stageChanged.optional(),
  interaction: interaction.optional(),
  dateReached: dateReached.optional(),
  companionMissing: companionMissing.optional(),
})
  .refine(oneGiven, oneOnly)
  .meta({ gql: 'OpportunitySignalInput', description: signalWords, oneOf: true });

export type WrittenValue = {
  fixed?: { amount: string; currency: string };
  productPrice?: boolean;
  averageWon?: boolean;
  interactionValue?: { percent: string };
};

const valueWords = 'What the opportunities of a rule are worth.';
export const valueInput = oneOfInput('OpportunityRuleValueInput', valueWords, {
  fixed: money('Always this much.').optional(),
  productPrice: bool('The list price of its product: true.').optional(),
  averageWon: bool('What the opportunities that the customer bought were worth on average: true.').optional(),
  interactionValue: input('InteractionValueInput', 'A part of what the contact was worth.', {
    percent: decimal('How many percent, above 0.').refine((percent) => /[1-9]/.test(percent) && !percent.startsWith('-'), {
      message: 'A percentage above 0.',
      params: { code: 'TOO_SHORT' },
    }),
  }).optional(),
})
  .refine(oneGiven, oneOnly)
  .meta({ gql: 'OpportunityRuleValueInput', description: valueWords, oneOf: true });
