// Random rules about the world of fill.ts, in the form in which they are stored.
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../db/models.ts';
import { DURATIONS, NOW, type Words } from './fill.ts';

type Arbitrary<T = JsonValue> = fc.Arbitrary<T>;

/** Some of the parts, at least one of `required` where given. */
function some(parts: Record<string, Arbitrary>, least = 1): Arbitrary<JsonObject> {
  return fc
    .record(parts, { requiredKeys: [] })
    .filter((record) => Object.keys(record).length >= least)
    .map((record) => ({ ...record }) as JsonObject);
}

const one = (parts: Record<string, Arbitrary>): Arbitrary<JsonObject> =>
  fc.oneof(...Object.entries(parts).map(([name, part]) => part.map((value) => ({ [name]: value }))));

const list = (values: readonly string[]): Arbitrary =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }) as Arbitrary;
const pick = (...values: JsonValue[]): Arbitrary => fc.constantFrom(...values);

const duration: Arbitrary<JsonObject> = fc.constantFrom(...DURATIONS);
const instant = fc.integer({ min: -40, max: 900 }).map((halfDays) => new Date(NOW.getTime() - halfDays * 43_200_000).toISOString());
const moment = some({
  after: instant,
  before: instant,
  withinLast: duration,
  olderThan: duration,
  withinNext: duration,
  isNull: fc.boolean(),
}).map(
  // More than two at once rarely hold together.
  (operand) => Object.fromEntries(Object.entries(operand).slice(0, 2)) as JsonObject,
);
const oneMoment = fc.oneof(
  { weight: 3, arbitrary: one({ withinLast: duration, olderThan: duration, withinNext: duration }) },
  { weight: 1, arbitrary: one({ after: instant, before: instant, isNull: fc.boolean() }) },
);
const bounds = (values: Arbitrary): Arbitrary<JsonObject> => one({ eq: values, gt: values, gte: values, lt: values, lte: values });
const between = (values: Arbitrary): Arbitrary<JsonObject> =>
  fc.oneof(
    bounds(values),
    fc.tuple(values, values).map(([gte, lte]) => ({ gte, lte })),
  );
const counts = between(pick(0, 1, 2, 3, 5, 8));
const amounts = between(pick('0', '10', '20.5000', '100', '133.3333', '-3', '250.5'));
const textual = (...values: string[]): Arbitrary<JsonObject> =>
  one({
    eq: pick(...values),
    ne: pick(...values),
    in: list(values),
    notIn: list(values),
    startsWith: pick('A', 'b', 'L'),
    endsWith: pick('a', '_1', 'N'),
    contains: pick('d', '%', 'e'),
    isNull: fc.boolean(),
  });

const age = one({ gte: pick(0, 17, 18, 20, 36, 49), lte: pick(0, 17, 18, 26, 36) });

const lists = (...values: string[]): Arbitrary<JsonObject> =>
  one({ has: pick(...values), hasAny: list(values), hasAll: list(values), isEmpty: fc.boolean() });
const reference = (values: string[]): Arbitrary<JsonObject> => one({ in: list(values), isNull: fc.boolean() });

function fields(words: Words): Arbitrary<JsonObject> {
  return one({
    kind: one({ eq: pick('PERSON'), in: list(['PERSON', 'ORGANISATION']) }),
    health: one({ eq: pick('AT_RISK'), in: list(['UNKNOWN', 'HEALTHY']) }),
    displayName: textual('Ada', 'Bob'),
    country: textual('GB', 'DE', 'FR'),
    city: textual('London', 'Bern'),
    tags: lists('vip', 'fair', 'old'),
    partyRoles: lists('customer', 'partner'),
    owner: reference(words.users),
    createdAt: moment,
    updatedAt: oneMoment,
    birthDate: one({
      after: pick('1990-03-01'),
      before: pick('2005-01-01'),
      age,
      birthdayWithinDays: pick(0, 1, 7, 30, 180),
      isNull: fc.boolean(),
    }),
  });
}

const attribute: Arbitrary<JsonObject> = fc.oneof(
  one({ number: one({ ...bounded(pick(0, 1, 2.5, 10)), ne: pick(1) }), isNull: fc.boolean() }).map((given) => ({ key: 'score', ...given })),
  one({ text: textual('gold', 'silver') }).map((given) => ({ key: 'tier', ...given })),
  one({
    date: fc.oneof(bounds(pick('2025-06-01', '2026-03-15')), one({ withinLast: duration, olderThan: duration, withinNext: duration })),
  }).map((given) => ({ key: 'renewal', ...given })),
  one({ date: fc.oneof(bounds(instant), one({ withinLast: duration, olderThan: duration, withinNext: duration })) }).map((given) => ({
    key: 'seen',
    ...given,
  })),
  one({ boolean: fc.boolean() }).map((given) => ({ key: 'insured', ...given })),
  one({ has: pick('tea', 'wine') }).map((given) => ({ key: 'likes', ...given })),
);

function bounded(values: Arbitrary): Record<string, Arbitrary> {
  return { eq: values, gt: values, gte: values, lt: values, lte: values };
}

const period = { within: duration, from: instant, to: instant };

/** One measure, over some of the facts, in some period. */
function aggregate(where: Record<string, Arbitrary>, measures: Record<string, Arbitrary>): Arbitrary<JsonObject> {
  return fc
    .tuple(
      some({ where: some(where, 1).map((given) => Object.fromEntries(Object.entries(given).slice(0, 2)) as JsonObject), ...period }, 0),
      one(measures),
    )
    .map(([given, measure]) => ({ ...given, ...measure }));
}

const measured = (of: string[], values: Arbitrary<JsonObject>): Arbitrary<JsonObject> =>
  fc.tuple(fc.constantFrom(...of), values).map(([what, limits]) => ({ of: what, ...limits }));

function interactions(words: Words): Arbitrary<JsonObject> {
  const inCurrency = amounts.map((given) => ({ currency: 'EUR', ...given }));
  return aggregate(
    {
      kinds: list(words.kinds),
      channels: list(words.channels),
      touchPoints: list(words.touchPoints),
      users: list(words.users),
      direction: pick('INBOUND', 'OUTBOUND'),
      outcomes: list(['sold', 'lost']),
      value: inCurrency,
      attributes: fc.constant([{ key: 'minutes', number: { gte: 2 } }]),
    },
    {
      count: counts,
      last: moment,
      first: moment,
      sum: measured(['VALUE', 'COST', 'DURATION'], inCurrency),
      average: measured(['VALUE', 'DURATION'], inCurrency),
      distinct: measured(['CHANNEL', 'KIND', 'TOUCH_POINT', 'DAY', 'MONTH'], counts),
    },
  );
}

function opportunities(words: Words): Arbitrary<JsonObject> {
  return aggregate(
    {
      status: list(['OPEN', 'WON', 'LOST']),
      pipelines: list(words.pipelines),
      products: list(words.products),
      owners: list(words.users),
      sources: list(['fair', 'web']),
      value: amounts,
    },
    {
      count: counts,
      last: moment,
      first: moment,
      sum: measured(['VALUE'], amounts),
      average: measured(['VALUE'], amounts),
      distinct: measured(['PRODUCT', 'PIPELINE'], counts),
    },
  );
}

const identity = some({
  kind: pick('EMAIL', 'PHONE'),
  verified: fc.boolean(),
  value: one({ startsWith: pick('A', '+44'), endsWith: pick('@Example.com', '1') }),
  none: fc.boolean(),
});
const knowledge = { topic: pick('WINE', 'price'), value: pick('red', 'LOW'), none: fc.boolean() };

/** Rules at most `levels` deep. */
export function ruleArbitrary(words: Words, levels = 3): Arbitrary<JsonObject> {
  const leaf = one({
    field: fields(words),
    attribute,
    identity,
    preference: some(knowledge),
    need: some({ ...knowledge, met: fc.boolean() }),
    stage: some({ in: list(words.stages), notIn: list(words.stages), since: moment }),
    segment: one({ in: list(words.segments), notIn: list(words.segments) }),
  });
  // What time alone turns, more often than its share of all that rules can ask.
  const timed = one({
    field: one({ createdAt: oneMoment, birthDate: one({ age, birthdayWithinDays: pick(0, 1, 30) }) }),
    interactions: one({ last: oneMoment, first: oneMoment }),
    relationship: some({ kind: pick(...words.ties), direction: pick('FROM', 'TO', 'ANY') }, 0),
  });
  const facts = one({ interactions: interactions(words), opportunities: opportunities(words) });
  if (levels === 1) return fc.oneof(leaf, facts, timed);
  const inner = ruleArbitrary(words, levels - 1);
  const group = fc.array(inner, { minLength: 1, maxLength: 3 }) as Arbitrary;
  const relationship = some({ kind: pick(...words.ties), direction: pick('FROM', 'TO', 'ANY'), activeOnly: fc.boolean(), other: inner }, 0);
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 4, arbitrary: facts },
    { weight: 2, arbitrary: timed },
    { weight: 4, arbitrary: one({ all: group, any: group, not: inner }) },
    { weight: 2, arbitrary: one({ relationship }) },
  );
}
