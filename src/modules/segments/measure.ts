// What value classes are made by: a source of value, which part of it, and over which time.
import sql, { type Sql } from 'sql-template-tag';
import { z } from 'zod';
import type { CommandContext } from '../../commands/command.ts';
import { input, int, key, oneOf } from '../../commands/fields.ts';
import { reject } from '../../commands/user-errors.ts';
import type { JsonObject } from '../../db/models.ts';
import { baseAmountSql } from '../sales/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';

export const valueSources = ['WON_OPPORTUNITIES', 'INTERACTION_VALUE'] as const;

/** As it is stored: interaction kinds by UUID. */
export type ValueMeasure = { source: (typeof valueSources)[number]; kinds?: string[]; withinDays?: number };

export type MeasureInput = { source?: ValueMeasure['source'] | null; kinds?: string[] | null; withinDays?: number | null };

export const measureInput = input('ValueMeasureInput', 'What the value of a customer is.', {
  source: oneOf(
    'ValueSource',
    valueSources,
    'WON_OPPORTUNITIES: what its won opportunities are worth, by the day of winning. INTERACTION_VALUE: what its interactions were worth. WON_OPPORTUNITIES unless told.',
  ).nullish(),
  kinds: z.array(key('Key of an interaction kind.')).min(1).max(50).nullish().meta({
    description: 'INTERACTION_VALUE: keys of the interaction kinds that count, such as orders and returns; all unless told.',
  }),
  withinDays: int('How many days back it reaches; everything unless told.', 1, 36_500).nullish(),
}).meta({ gql: 'ValueMeasureInput', description: 'VALUE_CLASSES: what the value of a customer is; won opportunities unless told.' });

/** Turns the input into the stored form. Throws UserErrors. */
export async function resolveMeasure(ctx: CommandContext, written: MeasureInput | null | undefined, path: string[]): Promise<JsonObject> {
  const source = written?.source ?? 'WON_OPPORTUNITIES';
  const measure: JsonObject = { source };
  if (written?.withinDays != null) measure.withinDays = written.withinDays;
  if (written?.kinds) {
    if (source !== 'INTERACTION_VALUE') reject('INVALID', 'Only interactions have kinds.', [...path, 'kinds']);
    const known = await resolveKeys(ctx, 'InteractionKind', written.kinds);
    measure.kinds = written.kinds.map(
      (kind, i) => known.get(kind) ?? reject('NOT_FOUND', 'There is no such InteractionKind.', [...path, 'kinds', String(i)]),
    );
  }
  return measure;
}

export const storedMeasure = (measure: unknown): ValueMeasure => (measure ?? { source: 'WON_OPPORTUNITIES' }) as ValueMeasure;

const DAY = 86_400_000;

/** Where the measure's window begins, seen from `now`; null: it reaches back to the beginning. */
export function windowStart(measure: ValueMeasure, now: Date): Date | null {
  return measure.withinDays === undefined ? null : new Date(now.getTime() - measure.withinDays * DAY);
}

/** Aliases of the rows that make the value: policies are put on these. */
export type ValueRows = { from: Date | null; to: Date; policy: (model: 'Opportunity' | 'Interaction', alias: string) => Sql };

/** `select customer_id, amount` of every fact that has a value in the currency of the workspace; `from` inclusive, `to` exclusive. */
export function valueFactsSql(workspaceId: string, measure: ValueMeasure, { from, to, policy }: ValueRows): Sql {
  if (measure.source === 'WON_OPPORTUNITIES') {
    const since = from ? sql` and o.closed_at >= ${from}::timestamptz` : sql``;
    return sql`select o.customer_id, o.base_amount as amount from opportunities o
      where ${policy('Opportunity', 'o')} and o.status = 'WON' and o.archived_at is null and o.customer_id is not null and o.base_amount is not null
        and o.closed_at < ${to}::timestamptz${since}`;
  }
  const since = from ? sql` and i.occurred_at >= ${from}::timestamptz` : sql``;
  const kinds = measure.kinds ? sql` and i.kind_id = any(${measure.kinds}::uuid[])` : sql``;
  const amount = baseAmountSql(workspaceId, sql`i.value_amount`, sql`i.value_currency`, sql`i.occurred_at::date`);
  return sql`select i.customer_id, ${amount} as amount from interactions i
    where ${policy('Interaction', 'i')} and i.value_amount is not null and i.occurred_at < ${to}::timestamptz${since}${kinds}`;
}
