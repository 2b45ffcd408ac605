// What happened with a customer, counted and added up in plain JavaScript.
import type { JsonObject } from '../../../db/models.ts';
import { attribute, every, exact, exactChecks, inList, type Moment, momentFits, numberChecks, type Row, shift } from './naive-operands.ts';

type Fact = { row: Row; at: number };

function inPeriod({ now }: Moment, { within, from, to }: JsonObject, facts: Fact[]): Fact[] {
  return facts.filter(
    ({ at }) =>
      (from == null || at >= Date.parse(from as string)) &&
      (to == null || at < Date.parse(to as string)) &&
      (within == null || (at <= now && shift(at, within as JsonObject, 1) > now)),
  );
}

export function interactionsFit(j: Moment, given: JsonObject, rows: Row[]): boolean {
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

export function opportunitiesFit(j: Moment, given: JsonObject, rows: Row[]): boolean {
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
  j: Moment,
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
