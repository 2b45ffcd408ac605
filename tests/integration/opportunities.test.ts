// Opportunities: made, moved, changed and brought in; their history, requirements, lines, value and events.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BulkOutcome } from '../../src/commands/bulk.ts';
import type { CommandOutcome } from '../../src/commands/command.ts';
import { decodeId, encodeId } from '../../src/graphql/ids.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import {
  exchangeRatesUpsert,
  opportunitiesUpsert,
  opportunityContactAdd,
  opportunityCreate,
  opportunityLinesSet,
  opportunityMove,
  opportunityUpdate,
  toBase,
} from '../../src/modules/sales/index.ts';
import { workspaceUpdate } from '../../src/modules/workspace/index.ts';
import { type SalesWorld, salesWorld } from '../support/sales-world.ts';

let world: SalesWorld;
beforeAll(async () => {
  world = await salesWorld();
});
afterAll(() => world?.stop());

const money = (amount: string, currency = 'EUR') => ({ amount: `${amount}.0000`, currency });
const create = (fields: object = {}) => world.done(opportunityCreate, { name: 'A deal', ...fields });
const move = (id: string, stage: string, more: object = {}) =>
  world.run(opportunityMove, { id: encodeId('Opportunity', id), stage, ...more });
const errorsOf = (outcome: CommandOutcome<unknown>) => outcome.userErrors.map(({ code, path }) => `${code} ${path.join('.')}`);
const day = (text: string) => new Date(`${text}T00:00:00Z`);
const upsert = async (rows: object[]) => (await world.done(opportunitiesUpsert, { rows, onError: 'SKIP' })) as BulkOutcome;

describe('an opportunity', () => {
  it('is made in the first open stage of the default pipeline and tells so', async () => {
    const { id } = await create({ value: money('100') });
    expect(await world.opportunity(id)).toMatchObject({
      status: 'OPEN',
      stage: 'prospecting',
      valueAmount: '100.0000',
      baseAmount: '100.0000',
      version: 1,
    });
    expect(await world.history(id)).toMatchObject([{ from: null, to: 'prospecting', leftAt: null }]);
    expect((await world.eventsOf(id)).map(({ type }) => type)).toEqual(['opportunity.created']);
  });

  it('that is closed already gets its history with the right times', async () => {
    const { id } = await create({ stage: 'won', openedAt: day('2020-01-01'), closedAt: day('2020-02-01'), value: money('5') });
    expect(await world.opportunity(id)).toMatchObject({
      status: 'WON',
      openedAt: day('2020-01-01'),
      closedAt: day('2020-02-01'),
      stageSince: day('2020-02-01'),
    });
    expect(await world.history(id)).toEqual([
      { from: null, to: 'prospecting', occurredAt: day('2020-01-01'), leftAt: day('2020-02-01') },
      { from: 'prospecting', to: 'won', occurredAt: day('2020-02-01'), leftAt: null },
    ]);
    expect((await world.eventsOf(id)).map(({ type }) => type)).toEqual(['opportunity.created', 'opportunity.won']);
  });

  it('moves, is won, reopened and lost, each told and kept', async () => {
    const { id } = await create({ openedAt: day('2021-01-01') });
    for (const [stage, on] of [
      ['engaging', '2021-01-05'],
      ['won', '2021-02-01'],
      ['proposing', '2021-02-03'],
      ['lost', '2021-03-01'],
    ] as const) {
      expect(
        errorsOf(await move(id, stage, { occurredAt: day(on), ...(stage === 'lost' && { closeReason: 'price', lostTo: 'rival' }) })),
      ).toEqual([]);
    }
    expect(await world.opportunity(id)).toMatchObject({ status: 'LOST', closedAt: day('2021-03-01'), stage: 'lost' });
    expect((await world.history(id)).map(({ from, to }) => [from, to])).toEqual([
      [null, 'prospecting'],
      ['prospecting', 'engaging'],
      ['engaging', 'won'],
      ['won', 'proposing'],
      ['proposing', 'lost'],
    ]);
    expect((await world.eventsOf(id)).map(({ type }) => type.replace('opportunity.', ''))).toEqual([
      ...['created', 'moved', 'moved', 'won', 'moved', 'reopened', 'updated', 'moved', 'lost'],
    ]);
    expect((await move(id, 'engaging', { reason: 'They called back.' })).userErrors).toEqual([]);
    expect(await world.opportunity(id)).toMatchObject({ status: 'OPEN', closedAt: null, closeReasonId: null, lostToId: null });
  });

  it('to the stage where it stands: changes nothing', async () => {
    const { id } = await create();
    expect((await move(id, 'prospecting')).userErrors).toEqual([]);
    expect(await world.opportunity(id)).toMatchObject({ version: 1 });
    expect(await world.history(id)).toHaveLength(1);
  });

  it('does not move before its last move, into the future or to what is not there', async () => {
    const { id } = await create({ openedAt: day('2022-01-10') });
    expect(errorsOf(await move(id, 'engaging', { occurredAt: day('2022-01-09') }))).toEqual(['OPPORTUNITY_HISTORY_ORDER occurredAt']);
    expect(errorsOf(await move(id, 'engaging', { occurredAt: new Date(Date.now() + 3_600_000) }))).toEqual(['IN_FUTURE occurredAt']);
    expect(errorsOf(await move(id, 'nowhere'))).toEqual(['NOT_FOUND stage']);
    expect(errorsOf(await move(id, 'engaging', { pipeline: 'nowhere' }))).toEqual(['NOT_FOUND pipeline']);
    expect(errorsOf(await move(id, 'won', { closeReason: 'price' }))).toEqual(['CLOSE_REASON_OUTCOME closeReason']);
    expect(errorsOf(await move(id, 'engaging', { expectedVersion: 7 }))).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect(await world.history(id)).toHaveLength(1);
  });

  it('enters a stage of another pipeline only with what that asks for', async () => {
    const { id } = await create();
    const strict = { pipeline: 'strict' };
    expect(errorsOf(await move(id, 'proposal', strict)).sort()).toEqual(
      ['contacts', 'customer', 'expectedCloseOn', 'lines', 'owner', 'value'].map((field) => `OPPORTUNITY_FIELD_REQUIRED ${field}`),
    );
    const customer = await world.done(customerCreate, { displayName: 'Ann' });
    const owner = { id: encodeId('User', world.userId) };
    const ann = { id: encodeId('Customer', customer.id) };
    const target = { opportunity: encodeId('Opportunity', id) };
    await world.done(opportunityUpdate, { id: target.opportunity, customer: ann, owner, expectedCloseOn: '2030-01-01' });
    await world.done(opportunityLinesSet, { ...target, lines: [{ product: 'anvil' }] });
    await world.done(opportunityContactAdd, { ...target, customer: ann, role: 'decision_maker' });
    expect(errorsOf(await move(id, 'proposal', strict))).toEqual([]);
    expect(errorsOf(await move(id, 'gone'))).toEqual(['OPPORTUNITY_FIELD_REQUIRED closeReason']);
    expect(errorsOf(await move(id, 'gone', { closeReason: 'price' }))).toEqual([]);
    expect((await world.eventsOf(id)).at(-1)).toMatchObject({ type: 'opportunity.lost', customerId: customer.id });
  });
});

describe('lines', () => {
  it('take their prices from the list, then the product, and add up to the value', async () => {
    const { id } = await create({ lines: [{ product: 'anvil', quantity: '3.0000', discountPercent: '10.0000' }] });
    expect(await world.opportunity(id)).toMatchObject({ valueAmount: '270.0000', valueCurrency: 'EUR' });
    const target = { opportunity: encodeId('Opportunity', id) };
    await world.done(opportunityLinesSet, {
      ...target,
      priceList: 'wholesale',
      lines: [{ product: 'anvil', quantity: '10.0000' }, { product: 'rope' }],
    });
    // 10 anvils at the wholesale price from 10 on, one rope at its list price.
    expect(await world.opportunity(id)).toMatchObject({ valueAmount: '807.5000', version: 2 });
    const again = { ...target, lines: [{ product: 'anvil', quantity: '10.0000' }, { product: 'rope' }] };
    await world.done(opportunityLinesSet, again);
    expect(await world.opportunity(id)).toMatchObject({ valueAmount: '807.5000', version: 2 });
    expect(errorsOf(await world.run(opportunityUpdate, { id: target.opportunity, value: money('1') }))).toEqual(['VALUE_OF_LINES value']);
    expect(errorsOf(await world.run(opportunityLinesSet, { ...target, lines: [{ product: 'dollar_thing' }] }))).toEqual([
      'PRICE_MISSING lines.0.unitAmount',
    ]);
    expect(errorsOf(await world.run(opportunityLinesSet, { ...target, lines: [{ product: 'nothing' }] }))).toEqual([
      'NOT_FOUND lines.0.product',
    ]);
  });

  it('do not add up to more than there is room for', async () => {
    const lines = [{ product: 'anvil', quantity: '999999999.0000', unitAmount: '999999999999999.0000' }];
    expect(errorsOf(await world.run(opportunityCreate, { name: 'x', lines }))).toEqual(['TOO_LONG lines']);
  });

  it('of one product for an agreed value cost what was agreed', async () => {
    const { id } = await create({ value: money('95'), lines: [{ product: 'anvil' }] });
    expect(await world.opportunity(id)).toMatchObject({ valueAmount: '95.0000' });
    expect(
      errorsOf(await world.run(opportunityCreate, { name: 'x', value: money('5'), lines: [{ product: 'anvil', quantity: '2.0000' }] })),
    ).toEqual(['VALUE_OF_LINES value']);
  });
});

describe('values in other currencies', () => {
  it('are kept in the currency of the workspace by the rate of their day, and follow the rates', async () => {
    const rate = (validFrom: string, value: string) => ({ currency: 'USD', validFrom, rate: value });
    const { id } = await create({ stage: 'won', openedAt: day('2019-01-01'), closedAt: day('2019-06-30'), value: money('100', 'USD') });
    expect(await world.opportunity(id)).toMatchObject({ baseAmount: null });
    await world.done(exchangeRatesUpsert, { rows: [rate('2019-01-01', '0.9'), rate('2019-07-01', '0.8')] });
    expect(await world.opportunity(id)).toMatchObject({ baseAmount: '90.0000', version: 1 });
    const corrected = (await world.done(exchangeRatesUpsert, {
      rows: [rate('2019-01-01', '0.95'), rate('2019-07-01', '0.80')],
    })) as BulkOutcome;
    expect(corrected.results.map(({ status }) => status)).toEqual(['UPDATED', 'UNCHANGED']);
    expect(await world.opportunity(id)).toMatchObject({ baseAmount: '95.0000' });
    const fresh = await create({ stage: 'won', openedAt: day('2019-01-01'), closedAt: day('2019-08-01'), value: money('100', 'USD') });
    expect(await world.opportunity(fresh.id)).toMatchObject({ baseAmount: '80.0000' });
    expect(
      await toBase(world.db, world.workspaceId, [
        { amount: '7', currency: 'EUR', day: '2000-01-01' },
        { amount: '10', currency: 'USD', day: '2018-12-31' },
        { amount: '10', currency: 'USD', day: '2019-01-01' },
      ]),
    ).toEqual(['7.0000', null, '9.5000']);
    await world.done(exchangeRatesUpsert, { rows: [{ currency: 'USD', validFrom: '2019-01-01', rate: '9999999999' }] });
    await world.done(exchangeRatesUpsert, { rows: [{ currency: 'JPY', validFrom: '2019-01-01', rate: '9999999999' }] });
    const absurd = await create({ value: money('999999999999999', 'JPY') });
    expect(await world.opportunity(absurd.id)).toMatchObject({ baseAmount: null });
    const own = (await world.done(exchangeRatesUpsert, {
      rows: [{ currency: 'EUR', validFrom: '2019-01-01', rate: '2' }],
      onError: 'SKIP',
    })) as BulkOutcome;
    expect(own.results[0]).toMatchObject({ status: 'REJECTED', userErrors: [{ code: 'CURRENCY_OF_WORKSPACE' }] });
  });
});

it('values follow the currency of the workspace when that changes', async () => {
  const { id } = await create({ stage: 'won', openedAt: day('2019-01-01'), closedAt: day('2019-02-01'), value: money('40', 'EUR') });
  expect(await world.opportunity(id)).toMatchObject({ baseAmount: '40.0000' });
  await world.done(workspaceUpdate, { currency: 'CHF' });
  expect(await world.opportunity(id)).toMatchObject({ baseAmount: null });
  await world.done(exchangeRatesUpsert, { rows: [{ currency: 'EUR', validFrom: '2019-01-01', rate: '1.1' }] });
  expect(await world.opportunity(id)).toMatchObject({ baseAmount: '44.0000' });
  await world.done(workspaceUpdate, { currency: 'EUR' });
  expect(await world.opportunity(id)).toMatchObject({ baseAmount: '40.0000' });
});

describe('bringing in many', () => {
  const row = (value: string, more: object = {}) => ({ externalRef: { system: 'test', value }, name: `Deal ${value}`, ...more });

  it('makes and changes them by their reference; the same again changes nothing', async () => {
    const rows = [
      row('1', {
        stage: 'won',
        openedAt: day('2018-01-01'),
        closedAt: day('2018-02-01'),
        value: money('10'),
        lines: [{ product: 'anvil' }],
      }),
      row('2', { stage: 'engaging', openedAt: day('2018-01-01'), lines: [{ product: 'anvil' }] }),
      row('3'),
      row('4', { customer: { externalId: { system: 'test', value: 'nobody' } } }),
      row('5', { stage: 'won', openedAt: day('2018-03-01'), closedAt: day('2018-02-01') }),
    ];
    const first = await upsert(rows);
    expect(first.results.map(({ status }) => status)).toEqual(['CREATED', 'CREATED', 'CREATED', 'REJECTED', 'REJECTED']);
    expect(first.results.flatMap(({ userErrors }) => userErrors.map(({ code, path }) => `${code} ${path.join('.')}`))).toEqual([
      'NOT_FOUND rows.3.customer',
      'PERIOD_INVALID rows.4.closedAt',
    ]);
    const before = await world.counts();
    expect((await upsert(rows.slice(0, 3))).results.map(({ status }) => status)).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    expect(await world.counts()).toEqual(before);

    const [one, two] = first.results.map(({ id }) => id!);
    const later = [
      row('1', {
        stage: 'won',
        openedAt: day('2018-01-02'),
        closedAt: day('2018-02-03'),
        value: money('12'),
        lines: [{ product: 'anvil' }],
      }),
      row('2', { stage: 'lost', closedAt: day('2018-05-01') }),
    ];
    expect((await upsert(later)).results.map(({ status }) => status)).toEqual(['UPDATED', 'UPDATED']);
    expect(await world.opportunity(one!)).toMatchObject({
      valueAmount: '12.0000',
      openedAt: day('2018-01-02'),
      closedAt: day('2018-02-03'),
    });
    expect(await world.history(one!)).toEqual([
      { from: null, to: 'prospecting', occurredAt: day('2018-01-02'), leftAt: day('2018-02-03') },
      { from: 'prospecting', to: 'won', occurredAt: day('2018-02-03'), leftAt: null },
    ]);
    expect(await world.opportunity(two!)).toMatchObject({ status: 'LOST', closedAt: day('2018-05-01'), valueAmount: '100.0000' });
  });

  it('takes no more statements for many rows than for two', async () => {
    const batch = (n: number, from: number) =>
      Array.from({ length: n }, (_, i) => row(`many-${from + i}`, { stage: 'won', value: money('1') }));
    const few = await world.statementsOf(() => upsert(batch(2, 0)));
    const many = await world.statementsOf(() => upsert(batch(200, 10)));
    expect(many).toBe(few);
  });
});

it('an opportunity that somebody else brought in is out of reach of a role that sees its own', async () => {
  const seller = world.viewerOf({
    permissions: ['opportunities:read', 'opportunities:write'],
    rowScope: { opportunities: 'OWN' },
    hiddenFields: [],
  });
  const { id } = await create({ externalRef: { system: 'reach', value: '1' } });
  const target = { id: encodeId('Opportunity', id) };
  expect(errorsOf(await world.run(opportunityMove, { ...target, stage: 'won' }, seller))).toEqual(['NOT_FOUND id']);
  const rows = [{ externalRef: { system: 'reach', value: '1' }, name: 'Mine now' }];
  const outcome = await world.run(opportunitiesUpsert, { rows, onError: 'SKIP' }, seller);
  expect(outcome.result!.results[0]).toMatchObject({ status: 'REJECTED', userErrors: [{ code: 'NOT_VISIBLE' }] });
  const own = await world.run(opportunityCreate, { name: 'My own' }, seller);
  expect(await world.opportunity(own.result!.id)).toMatchObject({ ownerId: world.userId });
  expect(decodeId(target.id, 'Opportunity')).toBe(id);
});
