// Setting exchange rates; what they change is worked out anew at once.
import sql from 'sql-template-tag';
import { z } from 'zod';
import { type BulkRow, type BulkSink, defineBulkCommand, rowError } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { currency, date, input } from '../../commands/fields.ts';
import { newId } from '../../lib/typeid.ts';
import './catalogue.entity.ts';
import { lockRates, recomputeBaseAmounts } from './rates.ts';

type RateRow = { currency: string; validFrom: string; rate: string };

const PLACES = 10;

/** A positive number in the form in which numeric(20,10) answers it. */
const rate = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,10})?$/, 'A rate has at most 10 digits before and 10 after the point.')
  .transform((written) => {
    const [whole, fraction = ''] = written.split('.');
    return `${whole!.replace(/^0+(?=\d)/, '')}.${fraction.padEnd(PLACES, '0')}`;
  })
  .refine((value) => /[1-9]/.test(value), { message: 'A rate is above 0.', params: { code: 'INVALID_VALUE' } })
  .meta({ gql: 'Decimal', description: 'How much of the currency of the workspace one unit is worth.' });

export const exchangeRatesUpsert = defineBulkCommand<RateRow>({
  name: 'exchangeRatesUpsert',
  description:
    'Sets exchange rates, matched by currency and first day; a rate holds until the next one of its currency. The values of opportunities in the currency of the workspace follow at once.',
  permission: 'products:write',
  inputName: 'ExchangeRatesUpsertInput',
  row: input('ExchangeRateUpsertRow', 'One rate to set.', {
    currency: currency('The currency.'),
    validFrom: date('First day on which the rate holds.'),
    rate,
  }) as unknown as z.ZodType<RateRow>,
  keysOf: (row) => [`${row.currency} ${row.validFrom}`],
  apply: setRates,
});

type Known = { id: string; currency: string; validFrom: string; rate: string };
const keyOf = (row: { currency: string; validFrom: string }) => `${row.currency} ${row.validFrom}`;

async function setRates(ctx: CommandContext, rows: BulkRow<RateRow>[], sink: BulkSink): Promise<void> {
  await lockRates(ctx);
  const [workspace] = await ctx.tx.query<{ currency: string }>(sql`select currency from workspaces where id = ${ctx.workspaceId}::uuid`);
  const own = rows.filter(({ value }) => value.currency === workspace!.currency);
  for (const { index } of own)
    sink.reject(index, rowError('CURRENCY_OF_WORKSPACE', 'The currency of the workspace is worth 1 of itself.', ['currency']));
  const foreign = rows.filter(({ value }) => value.currency !== workspace!.currency);
  const known = await ratesAt(
    ctx,
    foreign.map(({ value }) => value),
  );
  const changed = foreign.filter(({ value }) => known.get(keyOf(value))?.rate !== value.rate);
  const made = changed.map(({ value }) => ({ id: known.get(keyOf(value))?.id ?? newId(), ...value }));
  if (made.length > 0) {
    await ctx.tx.execute(sql`insert into exchange_rates (workspace_id, id, currency, valid_from, rate, created_at, updated_at)
      select ${ctx.workspaceId}::uuid, r.id, r.currency, r.valid_from, r.rate, ${ctx.now}, ${ctx.now}
      from unnest(${made.map((one) => one.id)}::uuid[], ${made.map((one) => one.currency)}::text[],
        ${made.map((one) => one.validFrom)}::date[], ${made.map((one) => one.rate)}::numeric[]) as r(id, currency, valid_from, rate)
      on conflict (workspace_id, currency, valid_from) do update set rate = excluded.rate, updated_at = excluded.updated_at`);
    await recomputeBaseAmounts(ctx, [...new Set(made.map((one) => one.currency))]);
  }
  for (const one of made) emitRate(ctx, one, known.get(keyOf(one)) ?? null);
  const written = new Map(made.map((one) => [keyOf(one), one.id]));
  for (const { index, value } of foreign) {
    const before = known.get(keyOf(value));
    const status = !before ? 'CREATED' : written.has(keyOf(value)) ? 'UPDATED' : 'UNCHANGED';
    sink.done(index, status, before?.id ?? written.get(keyOf(value))!);
  }
}

async function ratesAt(ctx: CommandContext, rows: readonly RateRow[]): Promise<Map<string, Known>> {
  const found = await ctx.tx.query<Known>(sql`select id, currency, valid_from as "validFrom", rate from exchange_rates
    where workspace_id = ${ctx.workspaceId}::uuid and (currency, valid_from) in
      (select * from unnest(${rows.map((row) => row.currency)}::text[], ${rows.map((row) => row.validFrom)}::date[]))`);
  return new Map(found.map((row) => [keyOf(row), row]));
}

function emitRate(ctx: CommandContext, { id, ...after }: Known, before: Known | null): void {
  const data = before ? { before: { rate: before.rate }, after: { rate: after.rate } } : { after };
  ctx.emit({ type: `exchange_rate.${before ? 'updated' : 'created'}`, subjectType: 'ExchangeRate', subjectId: id, customerId: null, data });
}
