// What values of rules are compared with: the inputs that every kind of condition shares.
import { z } from 'zod';
import { currency, dateTime, decimal, float, input, int, key, oneOf, oneOfInput, text } from '../../commands/fields.ts';

/** Longest list of values to compare with. */
const MOST_VALUES = 200;

export const list = <T extends z.ZodType>(of: T, description: string) =>
  z.array(of).min(1, 'Give at least one.').max(MOST_VALUES, `At most ${MOST_VALUES}.`).meta({ description });

export const flag = (description: string) => z.boolean().meta({ description });
export const keys = (description: string) => list(key('A key.'), description).nullish();
const words = (description: string) => list(text('A text.', 500), description).nullish();

export const duration = (description: string) =>
  oneOfInput('RuleDurationInput', 'A length of time in one unit. Months and years go by the calendar, in UTC.', {
    minutes: int('Minutes.', 1, 10_000_000).optional(),
    hours: int('Hours.', 1, 1_000_000).optional(),
    days: int('Days of 24 hours.', 1, 100_000).optional(),
    weeks: int('Weeks.', 1, 10_000).optional(),
    months: int('Months.', 1, 2400).optional(),
    years: int('Years.', 1, 200).optional(),
  })
    .meta({ gql: 'RuleDurationInput', description })
    .nullish();

const relative = {
  withinLast: duration('Between this long ago and now.'),
  olderThan: duration('This long ago or earlier.'),
  withinNext: duration('After now, and no further away than this.'),
};

const moments = {
  after: dateTime('At this moment or later.').nullish(),
  before: dateTime('Before this moment.').nullish(),
  ...relative,
};

export const moment = (description: string) =>
  input('RuleMomentInput', 'Conditions on a moment; all that are given must hold.', {
    ...moments,
    isNull: flag('Whether there is none.').nullish(),
  }).meta({ gql: 'RuleMomentInput', description });

export const textOperand = (description: string) =>
  input('RuleTextInput', 'Conditions on a text; all that are given must hold. Capitals count in eq, ne, in and notIn only.', {
    eq: text('Equals.', 500).nullish(),
    ne: text('Is missing or differs.', 500).nullish(),
    in: words('Equals one of them.'),
    notIn: words('Is missing or equals none of them.'),
    startsWith: text('Begins with.', 500).nullish(),
    endsWith: text('Ends with.', 500).nullish(),
    contains: text('Contains.', 500).nullish(),
    isNull: flag('Whether it is missing.').nullish(),
  }).meta({ gql: 'RuleTextInput', description });

export const listOperand = (name: 'RuleTagsInput' | 'RulePartyRolesInput', one: (description: string) => z.ZodType, description: string) =>
  input(name, 'Conditions on a list of words; all that are given must hold.', {
    has: one('Holds it.').nullish(),
    hasAny: list(one('A word.'), 'Holds one of them.').nullish(),
    hasAll: list(one('A word.'), 'Holds all of them.').nullish(),
    isEmpty: flag('Whether it holds nothing.').nullish(),
  }).meta({ gql: name, description });

export const countOperand = (description: string) => {
  const bound = (what: string) => int(what, 0).nullish();
  return input('RuleCountInput', 'Bounds of a number of things; all that are given must hold.', {
    eq: bound('Equals.'),
    gt: bound('More than.'),
    gte: bound('This or more.'),
    lt: bound('Less than.'),
    lte: bound('This or less.'),
  }).meta({ gql: 'RuleCountInput', description });
};

const amounts = {
  eq: decimal('Equals.').nullish(),
  gt: decimal('More than.').nullish(),
  gte: decimal('This or more.').nullish(),
  lt: decimal('Less than.').nullish(),
  lte: decimal('This or less.').nullish(),
};

export const amountOperand = (description: string) =>
  input('RuleAmountInput', 'Bounds of an amount; all that are given must hold.', {
    ...amounts,
    currency: currency('Currency of the amounts that fit; that of the workspace unless told.').nullish(),
  }).meta({ gql: 'RuleAmountInput', description });

export const sumOperand = <const V extends readonly [string, ...string[]]>(name: string, enumName: string, of: V, description: string) =>
  input(name, 'What is added up, and the bounds of the result; all that are given must hold.', {
    of: oneOf(enumName, of, 'What is added up.'),
    currency: currency('Only amounts in this currency count; that of the workspace unless told.').nullish(),
    ...amounts,
  }).meta({ gql: name, description });

export const distinctOperand = <const V extends readonly [string, ...string[]]>(
  name: string,
  enumName: string,
  of: V,
  description: string,
) =>
  input(name, 'What is counted, each once, and the bounds of the number; all that are given must hold.', {
    of: oneOf(enumName, of, 'Of what the different ones are counted.'),
    eq: int('Equals.', 0).nullish(),
    gt: int('More than.', 0).nullish(),
    gte: int('This or more.', 0).nullish(),
    lt: int('Less than.', 0).nullish(),
    lte: int('This or less.', 0).nullish(),
  }).meta({ gql: name, description });

const numberOperand = input('RuleNumberInput', 'Conditions on a number; all that are given must hold.', {
  eq: float('Equals.', -1e15, 1e15).nullish(),
  ne: float('Is missing or differs.', -1e15, 1e15).nullish(),
  gt: float('Greater.', -1e15, 1e15).nullish(),
  gte: float('Greater or equal.', -1e15, 1e15).nullish(),
  lt: float('Less.', -1e15, 1e15).nullish(),
  lte: float('Less or equal.', -1e15, 1e15).nullish(),
}).meta({ description: 'For attributes of type NUMBER.' });

const day = (description: string) => text(description, 40).nullish();
const dateOperand = input('RuleDateInput', 'Conditions on a day or moment; all that are given must hold.', {
  eq: day('Is this day (2026-01-31) or moment (2026-01-31T09:30:00Z).'),
  gt: day('Later.'),
  gte: day('Then or later.'),
  lt: day('Earlier.'),
  lte: day('Then or earlier.'),
  ...relative,
}).meta({ description: 'For attributes of types DATE and DATE_TIME; a day begins at midnight UTC.' });

/** Conditions on one custom attribute. */
export const attributeOperand = (description: string) =>
  input('RuleAttributeInput', 'A condition on a custom attribute: its key, and the group of conditions that fits its type.', {
    key: key('Key of the attribute.'),
    text: textOperand('For attributes of types TEXT and SELECT.').nullish(),
    number: numberOperand.nullish(),
    boolean: flag('For attributes of type BOOLEAN: is this.').nullish(),
    date: dateOperand.nullish(),
    has: text('For attributes of type MULTI_SELECT: holds this option.', 500).nullish(),
    isNull: flag('Whether the customer has no value.').nullish(),
  }).meta({ gql: 'RuleAttributeInput', description });
