// The attributes of customers that rules can ask for, by their names in the API.
import type { z } from 'zod';
import { date, id, input, int, key, oneOf, oneOfInput, text } from '../../commands/fields.ts';
import { CustomerHealthValues, CustomerKindValues } from '../../db/models.ts';
import { flag, list, listOperand, moment, textOperand } from './operands.ts';

export type CustomerField = { type: 'text' | 'enum' | 'day' | 'moment' | 'list' | 'reference'; column: string; words: string };

/** Field of the API -> how it is judged, its column of `customers`, and what people call it. */
export const customerFields: Record<string, CustomerField> = {
  kind: { type: 'enum', column: 'kind', words: 'kind' },
  displayName: { type: 'text', column: 'display_name', words: 'name' },
  givenName: { type: 'text', column: 'given_name', words: 'first name' },
  familyName: { type: 'text', column: 'family_name', words: 'last name' },
  legalName: { type: 'text', column: 'legal_name', words: 'legal name' },
  gender: { type: 'text', column: 'gender', words: 'gender' },
  birthDate: { type: 'day', column: 'birth_date', words: 'day of birth' },
  language: { type: 'text', column: 'language', words: 'language' },
  timeZone: { type: 'text', column: 'time_zone', words: 'time zone' },
  country: { type: 'text', column: 'country', words: 'country' },
  region: { type: 'text', column: 'region', words: 'region' },
  city: { type: 'text', column: 'city', words: 'town' },
  postalCode: { type: 'text', column: 'postal_code', words: 'postal code' },
  tags: { type: 'list', column: 'tags', words: 'tags' },
  partyRoles: { type: 'list', column: 'party_roles', words: 'party roles' },
  health: { type: 'enum', column: 'health', words: 'health' },
  owner: { type: 'reference', column: 'owner_id', words: 'owner' },
  team: { type: 'reference', column: 'team_id', words: 'team' },
  createdAt: { type: 'moment', column: 'created_at', words: 'creation' },
  updatedAt: { type: 'moment', column: 'updated_at', words: 'last change' },
};

const enumOperand = <const V extends readonly [string, ...string[]]>(name: string, enumName: string, values: V, description: string) =>
  input(name, 'Conditions on a fixed set of values; all that are given must hold.', {
    eq: oneOf(enumName, values, 'Equals.').nullish(),
    in: list(oneOf(enumName, values, 'A value.'), 'Equals one of them.').nullish(),
  }).meta({ gql: name, description });

const reference = (name: string, entity: string, description: string) =>
  input(name, 'Conditions on who it is; all that are given must hold.', {
    in: list(id(entity, 'An id.'), 'Is one of them.').nullish(),
    isNull: flag('Whether there is none.').nullish(),
  }).meta({ gql: name, description });

const birthDate = input('RuleBirthDateInput', 'Conditions on the day of birth; all that are given must hold. Days begin at midnight UTC.', {
  after: date('On this day or later.').nullish(),
  before: date('Before this day.').nullish(),
  age: input('RuleAgeInput', 'Bounds of the age.', {
    gte: int('This many years or more.', 0, 200).nullish(),
    lte: int('This many years or less.', 0, 200).nullish(),
  })
    .meta({ gql: 'RuleAgeInput', description: 'Age in whole years.' })
    .nullish(),
  birthdayWithinDays: int('The next birthday is today or at most this many days away.', 0, 180).nullish(),
  isNull: flag('Whether it is unknown.').nullish(),
}).meta({ description: 'Day of birth, age and birthday.' });

const operands: Record<CustomerField['type'], (name: string, words: string) => z.ZodType> = {
  text: (_name, words) => textOperand(`The ${words}.`),
  enum: (name) =>
    name === 'kind'
      ? enumOperand('RuleCustomerKindInput', 'CustomerKind', CustomerKindValues, 'Person or organisation.')
      : enumOperand('RuleCustomerHealthInput', 'CustomerHealth', CustomerHealthValues, 'The health.'),
  day: () => birthDate,
  moment: (_name, words) => moment(`When: ${words} of the record.`),
  list: (name) =>
    name === 'tags'
      ? listOperand('RuleTagsInput', (description) => text(description, 100), 'The tags.')
      : listOperand('RulePartyRolesInput', key, 'What it is to the company, by keys of party roles.'),
  reference: (name) =>
    name === 'owner'
      ? reference('RuleUserInput', 'User', 'The user who looks after the customer.')
      : reference('RuleTeamInput', 'Team', 'The team that looks after the customer.'),
};

export const customerFieldRule = oneOfInput(
  'RuleCustomerFieldInput',
  'A condition on one attribute of the customer.',
  Object.fromEntries(Object.entries(customerFields).map(([name, { type, words }]) => [name, operands[type](name, words).optional()])),
);
