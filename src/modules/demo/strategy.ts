// How Fellwheel tells its customers apart, and what it makes of what it knows: segments, value classes, leads and targets.
import type { Calendar } from './calendar.ts';
import { DAYS } from './calendar.ts';
import { teamRef } from './company.ts';
import { customerRef, type Party } from './party.ts';
import { randomFor } from './random.ts';
import { products } from './selling.ts';

const orders = { kinds: ['order_placed'] };

/** Rows of `segmentationsUpsert`. */
export const segmentations = [
  { key: 'profiles', name: 'Profiles', kind: 'TACTICAL', description: 'Customers with something in common; one may fit several.' },
];

/** Rows of `segmentsUpsert`. */
export const segments = [
  {
    key: 'big_spenders',
    name: 'Big spenders',
    description: 'Ordered for 500 pounds or more within a year.',
    rule: { interactions: { where: orders, within: { days: 365 }, sum: { of: 'VALUE', currency: 'GBP', gte: '500' } } },
  },
  {
    key: 'gone_quiet',
    name: 'Gone quiet',
    description: 'Ordered before, but not in the last 120 days.',
    rule: { interactions: { where: orders, last: { olderThan: { days: 120 } } } },
  },
  {
    key: 'unhappy',
    name: 'Unhappy',
    description: 'Complained or sent something back twice or more within 180 days.',
    rule: { interactions: { where: { kinds: ['complaint', 'return'] }, within: { days: 180 }, count: { gte: 2 } } },
  },
  {
    key: 'newsletter_cyclists',
    name: 'Cyclists who read the newsletter',
    rule: {
      all: [
        { attribute: { key: 'newsletter', boolean: true } },
        { attribute: { key: 'favourite_sport', text: { in: ['road cycling', 'mountain biking', 'gravel'] } } },
      ],
    },
  },
  {
    key: 'trade_at_risk',
    name: 'Trade customers at risk',
    rule: { all: [{ field: { kind: { eq: 'ORGANISATION' } } }, { field: { health: { eq: 'AT_RISK' } } }] },
  },
].map((segment) => ({ segmentation: 'profiles', ...segment }));

/** Input of `segmentationCreate`. */
export const valueClasses = {
  key: 'value',
  name: 'Value classes',
  description: 'Who brings 80 per cent of the orders of a year (A), who the next 15 (B), and who the rest (C).',
  kind: 'STRATEGIC',
  method: 'VALUE_CLASSES',
  measure: { source: 'INTERACTION_VALUE', kinds: ['order_placed'], withinDays: 365 },
  recomputeMinutes: 1440,
  defaultSegment: { key: 'value_none', name: 'No orders this year' },
};

const interests = ['an offer for our hire fleet', 'trade prices', 'a demo day', 'a workshop contract', 'club membership'];

/** Inputs of `leadCapture`. */
export function leads(calendar: Calendar, parties: readonly Party[]): object[] {
  return parties
    .filter(({ profile }) => profile === 'prospect')
    .slice(0, 14)
    .map((party) => {
      const random = randomFor('lead', party.number);
      return {
        customer: customerRef(party.number),
        source: random.pick(['website', 'trade_fair', 'referral', 'campaign']),
        externalRef: { system: 'fellwheel-web', value: `LEAD-${party.number}` },
        interest: `Asks for ${random.pick(interests)}`,
        product: random.pick(products).key,
        team: teamRef(party.kind === 'ORGANISATION' ? 'trade' : 'retail'),
        capturedAt: calendar.moment(random, 'leisure', random.int(DAYS - 40, DAYS - 1)),
        consents: [{ purpose: 'contact', legalBasis: 'CONSENT', source: 'website', wording: 'Please get back to me about this.' }],
      };
    });
}

/** Inputs of `leadCriterionCreate`. */
export const leadCriteria = [
  { key: 'organisation', name: 'A shop or hire centre', points: 30, rule: { field: { kind: { eq: 'ORGANISATION' } } } },
  {
    key: 'keen',
    name: 'In touch three times within 60 days',
    points: 25,
    rule: { interactions: { within: { days: 60 }, count: { gte: 3 } } },
  },
  { key: 'far_away', name: 'Outside Great Britain', points: -10, rule: { not: { field: { country: { eq: 'GB' } } } } },
];

/** Input of `opportunityRuleCreate`: made from what customers ask for from now on. */
export const enquiryRule = {
  key: 'trade_enquiry',
  name: 'Enquiry of a trade customer',
  signal: { interaction: { kind: 'enquiry', direction: 'INBOUND' } },
  condition: { field: { kind: { eq: 'ORGANISATION' } } },
  nameTemplate: 'Enquiry of {customer}',
  value: { averageWon: true },
  strategy: 'ROUND_ROBIN',
  team: teamRef('trade'),
  closeInDays: 45,
  periodDays: 60,
};

/** Rows of `salesTargetsUpsert`: of the trade team for the months around the end of the year told. */
export function targets(calendar: Calendar): object[] {
  const months = [DAYS - 62, DAYS - 31, DAYS, DAYS + 31].map((day) => `${calendar.date(day).slice(0, 7)}-01`);
  return [...new Set(months)].map((startsOn) => ({ period: 'MONTH', startsOn, team: teamRef('trade'), amount: '20000' }));
}
