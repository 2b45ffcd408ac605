// The rule language said a second time, in plain JavaScript over rows: slow, simple, and knowing nothing of the SQL.
import type { JsonObject, JsonValue } from '../../../db/models.ts';
import type { World } from './world.ts';

type Row = Record<string, unknown>;
type Judge = { world: World; now: number };

/** Whether a rule holds for a customer at a moment, if the facts stay as they are. */
export function holdsNaively(world: World, rule: JsonObject, customerId: string, now: Date): boolean {
  return judge({ world, now: now.getTime() }, rule, customerId);
}

function judge(j: Judge, rule: JsonObject, id: string): boolean {
  const customer = j.world.customers.get(id)!;
  const [branch, value] = Object.entries(rule)[0]!;
  const given = value as JsonObject;
  const of = (table: Map<string, Row[]>): Row[] => table.get(id) ?? [];
  switch (branch) {
    case 'all':
      return (value as JsonObject[]).every((child) => judge(j, child, id));
    case 'any':
      return (value as JsonObject[]).some((child) => judge(j, child, id));
    case 'not':
      return !judge(j, given, id);
    case 'field':
      return field(j, given, customer);
    case 'attribute':
      return attribute(j, given, customer.attributes);
    case 'identity':
      return of(j.world.identities).some((row) => identityFits(row, given)) !== (given.none === true);
    case 'preference':
      return of(j.world.preferences).some((row) => knowledgeFits(row, given)) !== (given.none === true);
    case 'need':
      return of(j.world.needs).some((row) => knowledgeFits(row, given)) !== (given.none === true);
    case 'stage':
      return idFits(customer.stage_id, given) && (given.since == null || momentFits(j, given.since as JsonObject, customer.stage_since));
    case 'segment': {
      const wanted = (given.in ?? given.notIn) as string[];
      const member = of(j.world.memberships).some((row) => wanted.includes(row.segment_id as string));
      return given.in ? member : !member;
    }
    case 'relationship':
      return tiesFit(j, given, id);
    case 'interactions':
      return interactionsFit(j, given, of(j.world.interactions));
    case 'opportunities':
      return opportunitiesFit(j, given, of(j.world.opportunities));
    default:
      throw new Error(`no rule ${branch}`);
  }
}

const COLUMNS: Record<string, string> = {
  kind: 'kind',
  displayName: 'display_name',
  gender: 'gender',
  language: 'language',
  country: 'country',
  city: 'city',
  health: 'health',
  owner: 'owner_id',
  team: 'team_id',
  tags: 'tags',
  partyRoles: 'party_roles',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  birthDate: 'birth_date',
};

function field(j: Judge, given: JsonObject, customer: Row): boolean {
  const [name, operand] = Object.entries(given)[0] as [string, JsonObject];
  const value = customer[COLUMNS[name]!];
  if (name === 'createdAt' || name === 'updatedAt') return momentFits(j, operand, value);
  if (name === 'birthDate') return birthFits(j, operand, value as string | null);
  if (name === 'owner' || name === 'team') return idFits(value, operand);
  if (name === 'tags' || name === 'partyRoles') {
    const words = value as string[];
    return every(operand, {
      has: (one) => words.includes(one as string),
      hasAny: (some) => (some as string[]).some((one) => words.includes(one)),
      hasAll: (all) => (all as string[]).every((one) => words.includes(one)),
      isEmpty: (empty) => (words.length === 0) === empty,
    });
  }
  return textFits(operand, value as string | null);
}

function every(operand: JsonObject, checks: Record<string, (bound: JsonValue) => boolean>): boolean {
  return Object.entries(operand).every(([name, bound]) => checks[name]!(bound));
}

function textFits(operand: JsonObject, value: string | null): boolean {
  const like = (check: (value: string, bound: string) => boolean) => (bound: JsonValue) =>
    value !== null && check(value.toLowerCase(), (bound as string).toLowerCase());
  return every(operand, {
    eq: (bound) => value === bound,
    ne: (bound) => value !== bound,
    in: (bounds) => value !== null && (bounds as string[]).includes(value),
    notIn: (bounds) => value === null || !(bounds as string[]).includes(value),
    startsWith: like((text, bound) => text.startsWith(bound)),
    endsWith: like((text, bound) => text.endsWith(bound)),
    contains: like((text, bound) => text.includes(bound)),
    isNull: (missing) => (value === null) === missing,
  });
}

function idFits(value: unknown, given: JsonObject): boolean {
  const id = (value ?? null) as string | null;
  return (
    (given.in == null || (id !== null && (given.in as string[]).includes(id))) &&
    (given.notIn == null || id === null || !(given.notIn as string[]).includes(id)) &&
    (given.isNull == null || (id === null) === given.isNull)
  );
}

/** A moment and so many units more, or less; the last day of a month where the day is not in it. */
export function shift(moment: number, duration: JsonObject, sign: 1 | -1): number {
  const [unit, number] = Object.entries(duration)[0] as [string, number];
  const ms = ({ minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 } as Record<string, number>)[unit];
  if (ms) return moment + sign * number * ms;
  const from = new Date(moment);
  const months = from.getUTCFullYear() * 12 + from.getUTCMonth() + sign * number * (unit === 'years' ? 12 : 1);
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(
    year,
    month,
    Math.min(from.getUTCDate(), lastDay),
    from.getUTCHours(),
    from.getUTCMinutes(),
    from.getUTCSeconds(),
    from.getUTCMilliseconds(),
  );
}

function momentFits({ now }: Judge, operand: JsonObject, value: unknown): boolean {
  const moment = value == null ? null : new Date(value as Date).getTime();
  const at = (check: (moment: number) => boolean): boolean => moment !== null && check(moment);
  return every(operand, {
    after: (bound) => at((t) => t >= Date.parse(bound as string)),
    before: (bound) => at((t) => t < Date.parse(bound as string)),
    withinLast: (bound) => at((t) => t <= now && shift(t, bound as JsonObject, 1) > now),
    olderThan: (bound) => at((t) => shift(t, bound as JsonObject, 1) <= now),
    withinNext: (bound) => at((t) => t > now && shift(t, bound as JsonObject, -1) <= now),
    isNull: (missing) => (moment === null) === missing,
  });
}

function birthFits({ now }: Judge, operand: JsonObject, born: string | null): boolean {
  const today = new Date(now).toISOString().slice(0, 10);
  const on = (years: number): string => new Date(shift(Date.parse(born!), { years }, 1)).toISOString().slice(0, 10);
  const known = (check: () => boolean): boolean => born !== null && check();
  return every(operand, {
    after: (bound) => known(() => born! >= (bound as string)),
    before: (bound) => known(() => born! < (bound as string)),
    isNull: (missing) => (born === null) === missing,
    age: (bounds) =>
      known(() => {
        let age = -1;
        while (on(age + 1) <= today) age++;
        return every(bounds as JsonObject, { gte: (least) => age >= (least as number), lte: (most) => age <= (most as number) });
      }),
    birthdayWithinDays: (days) =>
      known(() => {
        const birthdays = Array.from({ length: 130 }, (_, years) => on(years));
        const next = birthdays.find((day) => day >= today)!;
        return (Date.parse(next) - Date.parse(today)) / 86_400_000 <= (days as number);
      }),
  });
}

function attribute(j: Judge, { key, ...operand }: JsonObject, attributes: JsonObject): boolean {
  const value = attributes[key as string] ?? null;
  return every(operand, {
    text: (bounds) => textFits(bounds as JsonObject, value as string | null),
    number: (bounds) =>
      every(bounds as JsonObject, {
        ...numberChecks(typeof value === 'number' ? value : null, Number),
        ne: (bound) => value !== bound,
      }),
    boolean: (bound) => value === bound,
    has: (bound) => Array.isArray(value) && value.includes(bound),
    isNull: (missing) => (value === null) === missing,
    date: (bounds) => {
      const { withinLast, olderThan, withinNext, ...fixed } = bounds as JsonObject;
      const relative = Object.fromEntries(
        Object.entries({ withinLast, olderThan, withinNext }).filter(([, bound]) => bound != null),
      ) as JsonObject;
      return every(fixed, numberChecks(value as string | null, String)) && momentFits(j, relative, value);
    },
  });
}

function numberChecks<T extends number | string | bigint>(
  value: T | null,
  read: (bound: JsonValue) => T,
): Record<string, (bound: JsonValue) => boolean> {
  const known = (check: (value: T, bound: T) => boolean) => (bound: JsonValue) => value !== null && check(value, read(bound));
  return {
    eq: known((a, b) => a === b),
    gt: known((a, b) => a > b),
    gte: known((a, b) => a >= b),
    lt: known((a, b) => a < b),
    lte: known((a, b) => a <= b),
  };
}

function identityFits(row: Row, { kind, system, verified, value }: JsonObject): boolean {
  const text = (row.value as string).toLowerCase();
  const { eq, startsWith, endsWith } = (value ?? {}) as JsonObject;
  const lower = (bound: JsonValue): string => (bound as string).toLowerCase();
  return (
    (kind == null || row.kind === kind) &&
    (system == null || row.system === system) &&
    (verified == null || row.verified === verified) &&
    (eq == null || text === lower(eq)) &&
    (startsWith == null || text.startsWith(lower(startsWith))) &&
    (endsWith == null || text.endsWith(lower(endsWith)))
  );
}

function knowledgeFits(row: Row, { topic, value, met }: JsonObject): boolean {
  const same = (text: unknown, bound: JsonValue | undefined): boolean =>
    bound == null || (text as string).toLowerCase() === (bound as string).toLowerCase();
  return same(row.topic, topic) && same(row.value, value) && (met == null || (row.met_at != null) === met);
}

function tiesFit(j: Judge, { kind, direction, activeOnly, other }: JsonObject, id: string): boolean {
  const today = new Date(j.now).toISOString().slice(0, 10);
  return j.world.ties.some((tie) => {
    if (kind != null && tie.kind_id !== kind) return false;
    if (activeOnly !== false && tie.until != null && (tie.until as string) < today) return false;
    const ends = [
      ...(direction !== 'TO' && tie.from_id === id ? [tie.to_id] : []),
      ...(direction !== 'FROM' && tie.to_id === id ? [tie.from_id] : []),
    ] as string[];
    return ends.some((end) => j.world.customers.get(end)!.archived_at === null && (other == null || judge(j, other as JsonObject, end)));
  });
}

const inList = (value: unknown, bounds: JsonValue | undefined): boolean => bounds == null || (bounds as unknown[]).includes(value);

/** numeric(19,4) as a whole number of ten-thousandths. */
const exact = (amount: unknown): bigint => {
  const [whole, fraction = ''] = String(amount).split('.') as [string, string?];
  return BigInt(whole + fraction.padEnd(4, '0'));
};
const exactChecks = (amount: bigint | null) => numberChecks(amount, exact);

type Fact = { row: Row; at: number };

function inPeriod({ now }: Judge, { within, from, to }: JsonObject, facts: Fact[]): Fact[] {
  return facts.filter(
    ({ at }) =>
      (from == null || at >= Date.parse(from as string)) &&
      (to == null || at < Date.parse(to as string)) &&
      (within == null || (at <= now && shift(at, within as JsonObject, 1) > now)),
  );
}

function interactionsFit(j: Judge, given: JsonObject, rows: Row[]): boolean {
  const where = (given.where ?? {}) as JsonObject;
  const { currency, ...value } = (where.value ?? {}) as JsonObject;
  const facts = rows
    .filter(
      (row) =>
        inList(row.kind_id, where.kinds) &&
        inList(row.channel_id, where.channels) &&
        inList(row.touch_point_id, where.touchPoints) &&
        inList(row.user_id, where.users) &&
        inList(row.outcome, where.outcomes) &&
        (where.direction == null || row.direction === where.direction) &&
        (where.value == null ||
          (row.value_currency === currency && every(value, exactChecks(row.value_amount == null ? null : exact(row.value_amount))))) &&
        ((where.attributes ?? []) as JsonObject[]).every((one) => attribute(j, one, row.attributes as JsonObject)),
    )
    .map((row) => ({ row, at: (row.occurred_at as Date).getTime() }));
  const amountOf = (row: Row, of: string, wanted: unknown): unknown => {
    if (of === 'DURATION') return row.duration;
    const name = of === 'VALUE' ? 'value' : 'cost';
    return row[`${name}_currency`] === wanted ? row[`${name}_amount`] : null;
  };
  const different = ({ row, at }: Fact, of: string): unknown => {
    const moment = new Date(at).toISOString();
    return {
      CHANNEL: row.channel_id,
      KIND: row.kind_id,
      TOUCH_POINT: row.touch_point_id,
      DAY: moment.slice(0, 10),
      MONTH: moment.slice(0, 7),
    }[of];
  };
  return measured(j, given, inPeriod(j, given, facts), amountOf, (fact, of) => [different(fact, of)]);
}

function opportunitiesFit(j: Judge, given: JsonObject, rows: Row[]): boolean {
  const where = (given.where ?? {}) as JsonObject;
  const facts = rows
    .filter(
      (row) =>
        inList(row.status, where.status) &&
        inList(row.pipeline_id, where.pipelines) &&
        inList(row.close_reason_id, where.closeReasons) &&
        inList(row.owner_id, where.owners) &&
        inList(row.source, where.sources) &&
        (where.products == null || (row.products as string[]).some((id) => inList(id, where.products))) &&
        every((where.value ?? {}) as JsonObject, exactChecks(row.base_amount == null ? null : exact(row.base_amount))),
    )
    .map((row) => ({ row, at: ((row.status === 'OPEN' ? row.opened_at : row.closed_at) as Date).getTime() }));
  return measured(
    j,
    given,
    inPeriod(j, given, facts),
    (row) => row.base_amount,
    ({ row }, of) => (of === 'PRODUCT' ? (row.products as string[]) : [row.pipeline_id]),
  );
}

function measured(
  j: Judge,
  given: JsonObject,
  facts: Fact[],
  amountOf: (row: Row, of: string, currency: unknown) => unknown,
  different: (fact: Fact, of: string) => unknown[],
): boolean {
  if (given.count) return every(given.count as JsonObject, numberChecks(facts.length, Number));
  if (given.last) return momentFits(j, given.last as JsonObject, facts.length === 0 ? null : Math.max(...facts.map(({ at }) => at)));
  if (given.first) return momentFits(j, given.first as JsonObject, facts.length === 0 ? null : Math.min(...facts.map(({ at }) => at)));
  if (given.distinct) {
    const { of, ...bounds } = given.distinct as JsonObject;
    const all = facts.flatMap((fact) => different(fact, of as string)).filter((value) => value != null);
    return every(bounds, numberChecks(new Set(all).size, Number));
  }
  const { of, currency, ...bounds } = (given.sum ?? given.average) as JsonObject;
  const amounts = facts.map(({ row }) => amountOf(row, of as string, currency)).filter((amount) => amount != null);
  const total = amounts.reduce<bigint>((sum, amount) => sum + exact(amount), 0n);
  if (given.sum) return every(bounds, exactChecks(total));
  const number = BigInt(amounts.length);
  return (
    number > 0n &&
    every(
      bounds,
      numberChecks(total, (bound) => exact(bound) * number),
    )
  );
}
