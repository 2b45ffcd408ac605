// The rule language as an input of the API.
import { z } from 'zod';
import { dateTime, id, input, key, oneOf, oneOfInput, text } from '../../commands/fields.ts';
import { IdentityKindValues, InteractionDirectionValues, type JsonValue, OpportunityStatusValues } from '../../db/models.ts';
import '../access/index.ts';
import { customerFieldRule } from './customer-fields.ts';
import {
  amountOperand,
  attributeOperand,
  countOperand,
  distinctOperand,
  duration,
  flag,
  keys,
  list,
  moment,
  sumOperand,
} from './operands.ts';
import { shapeFault } from './shape.ts';

/** A rule as somebody wrote it, its types checked: keys name what it refers to, ids are UUIDs, moments Dates. */
export type RuleInput = { [branch: string]: unknown };

const users = (description: string) => list(id('User', 'A user.'), description).nullish();

const identity = input('RuleIdentityInput', 'Whether the customer is known in some way: an identity that fits all that is given.', {
  kind: oneOf('IdentityKind', IdentityKindValues, 'Kind of identity.').nullish(),
  system: text('The other system, or the social network.', 100).nullish(),
  verified: flag('Whether it was proven.').nullish(),
  value: input('RuleIdentityValueInput', 'Conditions on the value of an identity; capitals do not count.', {
    eq: text('Equals.', 500).nullish(),
    startsWith: text('Begins with.', 500).nullish(),
    endsWith: text('Ends with, for example `@example.com`.', 500).nullish(),
  })
    .meta({ gql: 'RuleIdentityValueInput', description: 'What the value is like.' })
    .nullish(),
  none: flag('True: there must be no such identity.').nullish(),
});

const knowledge = {
  topic: text('The topic; capitals do not count.').nullish(),
  value: text('What the customer likes or lacks there; capitals do not count.', 1000).nullish(),
  none: flag('True: there must be no such entry.').nullish(),
};
const preference = input('RulePreferenceInput', 'Whether a preference of the customer fits all that is given.', knowledge);
const need = input('RuleNeedInput', 'Whether a need of the customer fits all that is given.', {
  ...knowledge,
  met: flag('Whether it has been met.').nullish(),
});

const stage = input('RuleStageInput', 'The place in the lifecycle; all conditions that are given must hold.', {
  in: keys('In one of these stages, by keys.'),
  notIn: keys('In none of these stages, by keys.'),
  since: moment('When the customer entered the stage.').nullish(),
});

const segment = oneOfInput('RuleSegmentInput', 'Membership of other segments.', {
  in: list(key('Key of a segment.'), 'Member of one of these segments, by keys.').optional(),
  notIn: list(key('Key of a segment.'), 'Member of none of these segments, by keys.').optional(),
});

const period = {
  within: duration('Only what happened between this long ago and now.'),
  from: dateTime('Only what happened at this moment or later.').nullish(),
  to: dateTime('Only what happened before this moment.').nullish(),
};
const measures = {
  count: countOperand('How many there are.').nullish(),
  last: moment('When the last one happened; isNull asks whether there was none.').nullish(),
  first: moment('When the first one happened; isNull asks whether there was none.').nullish(),
};

const interactions = input(
  'RuleInteractionsInput',
  'What happened with the customer: give one of count, sum, average, last, first, distinct.',
  {
    where: input('RuleInteractionsWhereInput', 'Which interactions count; all conditions that are given must hold.', {
      kinds: keys('Of one of these kinds, by keys.'),
      channels: keys('By one of these channels, by keys.'),
      touchPoints: keys('At one of these touch points, by keys.'),
      users: users('With one of these users.'),
      direction: oneOf('InteractionDirection', InteractionDirectionValues, 'Who reached out to whom.').nullish(),
      outcomes: list(text('An outcome.'), 'With one of these outcomes.').nullish(),
      value: amountOperand('What it was worth.').nullish(),
      attributes: z
        .array(attributeOperand('A condition on a custom attribute of interactions.'))
        .max(10)
        .nullish()
        .meta({ description: 'Conditions on custom attributes of interactions.' }),
    })
      .meta({ gql: 'RuleInteractionsWhereInput', description: 'Which interactions count; all unless told.' })
      .nullish(),
    ...period,
    ...measures,
    sum: sumOperand('RuleInteractionsSumInput', 'RuleInteractionsMeasure', ['VALUE', 'COST', 'DURATION'], 'Their sum.').nullish(),
    average: sumOperand('RuleInteractionsSumInput', 'RuleInteractionsMeasure', ['VALUE', 'COST', 'DURATION'], 'Their average.').nullish(),
    distinct: distinctOperand(
      'RuleInteractionsDistinctInput',
      'RuleInteractionsDistinct',
      ['CHANNEL', 'KIND', 'TOUCH_POINT', 'DAY', 'MONTH'],
      'How many different ones there are.',
    ).nullish(),
  },
);

const opportunities = input(
  'RuleOpportunitiesInput',
  'What the customer was offered: give one of count, sum, average, last, first, distinct. An open opportunity counts at its opening, another at its close.',
  {
    where: input('RuleOpportunitiesWhereInput', 'Which opportunities count; all conditions that are given must hold.', {
      status: list(oneOf('OpportunityStatus', OpportunityStatusValues, 'A status.'), 'With one of these statuses.').nullish(),
      pipelines: keys('In one of these pipelines, by keys.'),
      products: keys('With a line for one of these products, by keys.'),
      closeReasons: keys('Closed for one of these reasons, by keys.'),
      sources: list(text('A source.'), 'From one of these sources.').nullish(),
      owners: users('Owned by one of these users.'),
      value: input(
        'RuleBaseAmountInput',
        'Bounds of a value in the currency of the workspace; all that are given must hold.',
        amountOperand('').omit({ currency: true }).shape,
      )
        .meta({ gql: 'RuleBaseAmountInput', description: 'The value in the currency of the workspace.' })
        .nullish(),
    })
      .meta({ gql: 'RuleOpportunitiesWhereInput', description: 'Which opportunities count; all unless told.' })
      .nullish(),
    ...period,
    ...measures,
    sum: opportunitySum('Their sum.').nullish(),
    average: opportunitySum('Their average.').nullish(),
    distinct: distinctOperand(
      'RuleOpportunitiesDistinctInput',
      'RuleOpportunitiesDistinct',
      ['PRODUCT', 'PIPELINE'],
      'How many different ones there are.',
    ).nullish(),
  },
);

function opportunitySum(description: string) {
  const { shape } = sumOperand('RuleOpportunitiesSumInput', 'RuleOpportunitiesMeasure', ['VALUE'], '').omit({ currency: true });
  return input(
    'RuleOpportunitiesSumInput',
    'The bounds of a result in the currency of the workspace; all that are given must hold.',
    shape,
  ).meta({
    gql: 'RuleOpportunitiesSumInput',
    description,
  });
}

const relationship = input('RuleRelationshipInput', 'Whether some tie leads to a customer that fulfils a rule.', {
  kind: key('Key of the kind of tie; any unless told.').nullish(),
  direction: oneOf(
    'RuleDirection',
    ['FROM', 'TO', 'ANY'],
    'Which end the judged customer is: FROM (works at …), TO (employs …) or ANY.',
  ).nullish(),
  activeOnly: flag('Whether only ties count that have not ended; true unless told.').nullish(),
  get other() {
    return z
      .lazy(() => node)
      .nullish()
      .meta({ description: 'What the customer at the other end must fulfil; nothing unless told.' });
  },
});

const node: z.ZodType<RuleInput> = oneOfInput('SegmentRuleInput', 'A rule about customers: a tree whose leaves are conditions.', {
  get all() {
    return branch('All of these hold.');
  },
  get any() {
    return branch('One of these holds.');
  },
  get not() {
    return z
      .lazy(() => node)
      .optional()
      .meta({ description: 'This does not hold.' });
  },
  field: customerFieldRule.optional(),
  attribute: attributeOperand('A condition on a custom attribute of the customer.').optional(),
  identity: identity.optional(),
  preference: preference.optional(),
  need: need.optional(),
  relationship: relationship.optional(),
  stage: stage.optional(),
  segment: segment.optional(),
  interactions: interactions.optional(),
  opportunities: opportunities.optional(),
});

function branch(description: string) {
  return z
    .array(z.lazy(() => node))
    .optional()
    .meta({ description });
}

/** A rule as a field of an input. Its size and depth are looked at before anything goes down into it. */
export function ruleInput(description: string): z.ZodType<RuleInput> {
  return z
    .preprocess((written, context) => {
      const fault = shapeFault(written as JsonValue);
      if (!fault) return written;
      context.addIssue({ code: 'custom', message: fault.message, path: fault.path, params: { code: fault.code } });
      return z.NEVER;
    }, node)
    .meta({ description }) as z.ZodType<RuleInput>;
}
