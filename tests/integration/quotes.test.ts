// Offers: their amounts, their states and versions, and the opportunity that an accepted one wins.
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inWorkspace } from '../../src/commands/system.ts';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { amountsOf } from '../../src/modules/quotes/amounts.ts';
import {
  expireQuotes,
  quoteAccept,
  quoteCreate,
  quoteLinesSet,
  quoteReject,
  quoteRevise,
  quoteSend,
  quoteUpdate,
} from '../../src/modules/quotes/index.ts';
import {
  createOpportunity,
  pipelineCommands,
  pipelineStageCommands,
  sumOf,
  toUnits,
  winOpportunity,
} from '../../src/modules/sales/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
let customerId: string;
let productId: string;

beforeAll(async () => {
  domain = await createTestDomain();
  const { db, workspaceId } = domain;
  customerId = (await domain.done(customerCreate, { displayName: 'Acme', kind: 'ORGANISATION' })).id;
  await makePipeline();
  productId = newId();
  await db.execute(sql`insert into products (workspace_id, id, key, name, price_amount, price_currency)
    values (${workspaceId}::uuid, ${productId}::uuid, 'drill', 'Drill', 19.99, 'EUR')`);
});
afterAll(() => domain.stop());

// Whatever the workspace begins with: stages that ask for nothing.
async function makePipeline(): Promise<void> {
  await domain.done(pipelineCommands.create, { key: 'own_way', name: 'Own way', isDefault: true });
  for (const [key, outcome] of [
    ['talk', 'OPEN'],
    ['won', 'WON'],
    ['lost', 'LOST'],
  ])
    await domain.done(pipelineStageCommands.create, { pipeline: 'own_way', key, name: key, outcome });
}

async function opportunity(more: object = {}): Promise<string> {
  const { db, workspaceId } = domain;
  const { id } = await db.transaction((tx) =>
    inWorkspace(tx, workspaceId, (ctx) => createOpportunity(ctx, { customerId, name: 'Drills', ...more })),
  );
  return id;
}
const opp = (id: string) => encodeTypeId('opportunity', id);
const ref = ({ id }: { id: string }) => ({ id: encodeTypeId('quote', id) });
const drills = [{ product: 'drill', quantity: '3.0000', taxPercent: '20.0000' }];

type Shown = {
  status: string;
  number: string;
  revision: number;
  net: string;
  discount: string;
  tax: string;
  total: string;
  currency: string;
};
async function shown({ id }: { id: string }): Promise<Shown> {
  const [row] = await domain.db.query<Shown>(sql`select status, number, revision, currency, net_amount as net, discount_amount as discount,
    tax_amount as tax, total_amount as total from quotes where id = ${id}::uuid`);
  return row!;
}
async function sent(opportunityId: string, more: object = {}) {
  const quote = await domain.done(quoteCreate, { opportunity: opp(opportunityId), lines: drills, ...more });
  await domain.done(quoteSend, ref(quote));
  return quote;
}
const codes = async (outcome: Promise<{ userErrors: { code: string }[] }>) => (await outcome).userErrors.map(({ code }) => code);

describe('amounts', () => {
  const percent = fc.integer({ min: 0, max: 1_000_000 }).map((n) => `${Math.floor(n / 10_000)}.${String(n % 10_000).padStart(4, '0')}`);
  const decimal = (max: number) =>
    fc.integer({ min: 0, max }).map((n) => `${Math.floor(n / 10_000)}.${String(n % 10_000).padStart(4, '0')}`);
  const line = fc.record({
    quantity: decimal(100_000_000),
    unitAmount: decimal(1_000_000_000),
    discountPercent: percent,
    taxPercent: percent,
  });

  it('of the whole are the sums of the lines, in units of the currency; net and discounts make the undiscounted price', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        percent,
        fc.constantFrom(['EUR', 2], ['JPY', 0], ['KWD', 3]),
        (lines, discount, [currency, places]) => {
          const { lines: rows, whole } = amountsOf(lines, discount, currency as string);
          for (const part of ['netAmount', 'taxAmount', 'totalAmount'] as const)
            expect(whole[part]).toBe(sumOf(rows.map((row) => row[part])));
          for (const row of rows) {
            expect(toUnits(row.netAmount) + toUnits(row.taxAmount)).toBe(toUnits(row.totalAmount));
            expect(toUnits(row.totalAmount) % 10n ** BigInt(4 - (places as number))).toBe(0n);
          }
          const full = amountsOf(
            lines.map((one) => ({ ...one, discountPercent: '0.0000' })),
            '0.0000',
            currency as string,
          ).whole;
          expect(toUnits(whole.netAmount) + toUnits(whole.discountAmount)).toBe(toUnits(full.netAmount));
          expect(toUnits(whole.discountAmount) >= 0n).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('round half away from zero', () => {
    const { whole } = amountsOf(
      [{ quantity: '1.0000', unitAmount: '0.0500', discountPercent: '10.0000', taxPercent: '50.0000' }],
      '0.0000',
      'EUR',
    );
    expect(whole).toEqual({ netAmount: '0.0500', taxAmount: '0.0300', totalAmount: '0.0800', discountAmount: '0.0000' });
  });
});

describe('quotes', () => {
  it('take prices from the list by quantity, else from the product, and refuse what has none', async () => {
    const { db, workspaceId } = domain;
    const listId = newId();
    await db.execute(
      sql`insert into price_lists (workspace_id, id, key, name, currency) values (${workspaceId}::uuid, ${listId}::uuid, 'fair', 'Fair', 'EUR')`,
    );
    for (const [from, amount] of [
      [1, '18'],
      [10, '15'],
    ] as const) {
      await db.execute(sql`insert into prices (workspace_id, id, price_list_id, product_id, amount, minimum_quantity)
        values (${workspaceId}::uuid, ${newId()}::uuid, ${listId}::uuid, ${productId}::uuid, ${amount}, ${from})`);
    }
    const on = opp(await opportunity());
    const listed = await domain.done(quoteCreate, {
      opportunity: on,
      priceList: 'fair',
      lines: [
        { product: 'drill', quantity: '9.0000' },
        { product: 'drill', quantity: '10.0000' },
      ],
    });
    expect(await shown(listed)).toMatchObject({ net: '312.0000', currency: 'EUR', status: 'DRAFT', revision: 1 });
    const plain = await domain.done(quoteCreate, { opportunity: on, lines: drills, discountPercent: '10.0000' });
    expect(await shown(plain)).toMatchObject({ net: '53.9700', discount: '6.0000', tax: '10.7900', total: '64.7600' });
    const { userErrors } = await domain.run(quoteCreate, {
      opportunity: on,
      currency: 'USD',
      lines: [{ product: 'drill' }, { description: 'Help' }, { unitAmount: '1.0000' }, { product: 'no' }],
    });
    expect(userErrors.map(({ code, path }) => [code, path.join('.')])).toEqual([
      ['PRICE_MISSING', 'lines.0.unitAmount'],
      ['PRICE_MISSING', 'lines.1.unitAmount'],
      ['DESCRIPTION_REQUIRED', 'lines.2.description'],
      ['NOT_FOUND', 'lines.3.product'],
    ]);
  });

  it('copy the lines of the opportunity, and change while they are drafts only', async () => {
    const id = await opportunity({ lines: [{ productId, quantity: '2.0000' }] });
    const quote = await domain.done(quoteCreate, { opportunity: opp(id) });
    expect(await shown(quote)).toMatchObject({ net: '39.9800' });
    await domain.done(quoteUpdate, { ...ref(quote), discountPercent: '50.0000' });
    expect(await shown(quote)).toMatchObject({ net: '19.9900', discount: '19.9900' });
    await domain.done(quoteLinesSet, { ...ref(quote), lines: drills });
    expect(await shown(quote)).toMatchObject({ net: '29.9900' });
    await domain.done(quoteSend, ref(quote));
    expect(await codes(domain.run(quoteUpdate, { ...ref(quote), note: 'x' }))).toEqual(['QUOTE_STATUS']);
    expect(await codes(domain.run(quoteLinesSet, { ...ref(quote), lines: [] }))).toEqual(['QUOTE_STATUS']);
    expect(await codes(domain.run(quoteSend, ref(quote)))).toEqual(['QUOTE_STATUS']);
  });

  it('win the opportunity with net value and lines when accepted; the other open ones run out', async () => {
    const id = await opportunity();
    const [draft, chosen] = [
      await domain.done(quoteCreate, { opportunity: opp(id), lines: drills }),
      await sent(id, { discountPercent: '7.0000' }),
    ];
    await domain.done(quoteAccept, { ...ref(chosen), note: 'yes' });
    expect(await shown(chosen)).toMatchObject({ status: 'ACCEPTED', net: '55.7700' });
    expect(await shown(draft)).toMatchObject({ status: 'EXPIRED' });
    const [row] = await domain.db.query(sql`select status, value_amount, value_currency,
      (select count(*)::int from opportunity_lines l where l.opportunity_id = o.id) as lines from opportunities o where id = ${id}::uuid`);
    expect(row).toEqual({ status: 'WON', value_amount: '55.7700', value_currency: 'EUR', lines: 1 });
    const events = await domain.db.query<{
      type: string;
      customer_id: string;
    }>(sql`select type, customer_id from event_inbox where subject_id in (${chosen.id}::uuid, ${draft.id}::uuid)
      and type in ('quote.accepted', 'quote.expired') order by type`);
    expect(events).toEqual([
      { type: 'quote.accepted', customer_id: customerId },
      { type: 'quote.expired', customer_id: customerId },
    ]);
    expect(await codes(domain.run(quoteCreate, { opportunity: opp(id), lines: drills }))).toEqual(['OPPORTUNITY_CLOSED']);
  });

  it('are accepted once, however many are accepted at the same moment', async () => {
    const id = await opportunity();
    const offers = await Promise.all([sent(id), sent(id), sent(id), sent(id)]);
    const outcomes = await Promise.all(offers.map((offer) => domain.run(quoteAccept, ref(offer))));
    expect(outcomes.filter(({ result }) => result !== null)).toHaveLength(1);
    expect(outcomes.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
      'QUOTE_STATUS',
      'QUOTE_STATUS',
      'QUOTE_STATUS',
    ]);
    const states = await Promise.all(offers.map(shown));
    expect(states.map(({ status }) => status).sort()).toEqual(['ACCEPTED', 'EXPIRED', 'EXPIRED', 'EXPIRED']);
    expect(new Set(states.map(({ number }) => number)).size).toBe(4);
  });

  it('come in versions that share a number', async () => {
    const first = await sent(await opportunity());
    const second = await domain.done(quoteRevise, ref(first));
    expect(await shown(first)).toMatchObject({ status: 'EXPIRED', revision: 1 });
    expect(await shown(second)).toMatchObject({
      status: 'DRAFT',
      revision: 2,
      number: (await shown(first)).number,
      net: (await shown(first)).net,
    });
    expect(await codes(domain.run(quoteRevise, ref(second)))).toEqual(['QUOTE_STATUS']);
    await domain.done(quoteSend, ref(second));
    await domain.done(quoteReject, { ...ref(second), note: 'too much' });
    expect(await shown(await domain.done(quoteRevise, ref(second)))).toMatchObject({ revision: 3, status: 'DRAFT' });
    expect(await shown(second)).toMatchObject({ status: 'REJECTED' });
  });

  it('run out after their last day, and cannot be accepted then', async () => {
    const id = await opportunity();
    const [over, open] = [await sent(id, { validUntil: '2999-01-01' }), await sent(id, { validUntil: '2999-01-02' })];
    expect(await expireQuotes(domain.db, new Date('2999-01-02T10:00:00Z'))).toBe(1);
    expect([(await shown(over)).status, (await shown(open)).status]).toEqual(['EXPIRED', 'SENT']);
    await domain.db.execute(sql`update quotes set valid_until = '2001-01-01' where id = ${open.id}::uuid`);
    expect(await codes(domain.run(quoteAccept, ref(open)))).toEqual(['QUOTE_STATUS']);
    expect(
      await codes(
        domain.run(quoteSend, ref(await domain.done(quoteCreate, { opportunity: opp(id), lines: drills, validUntil: '2001-01-01' }))),
      ),
    ).toEqual(['IN_THE_PAST']);
    expect(await codes(domain.run(quoteSend, ref(await domain.done(quoteCreate, { opportunity: opp(id), lines: [] }))))).toEqual([
      'QUOTE_EMPTY',
    ]);
  });

  it('keep their states, versions and sums, whatever is done with them in whatever order', async () => {
    type Step = { act: 'create' | 'lines' | 'discount' | 'send' | 'accept' | 'reject' | 'revise'; at: number; n: number };
    const step: fc.Arbitrary<Step> = fc.record({
      act: fc.constantFrom('create', 'lines', 'discount', 'send', 'send', 'send', 'accept', 'accept', 'reject', 'revise'),
      at: fc.nat(5),
      n: fc.integer({ min: 1, max: 99 }),
    });
    const commands = { send: quoteSend, accept: quoteAccept, reject: quoteReject };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 5, maxLength: 9 }), async (groups) => {
        const id = await opportunity();
        const made: { id: string }[] = [];
        const keep = (outcome: { result: { id: string } | null }) => outcome.result && made.push(outcome.result);
        const lines = (n: number) => [
          { product: 'drill', quantity: `${n}.3333`, discountPercent: '3.3300', taxPercent: '19.0000' },
          { description: 'Help', unitAmount: '0.3300', quantity: `${n}.0000` },
        ];
        const run = async ({ act, at, n }: Step) => {
          const quote = made[at % made.length];
          if (act === 'create') keep(await domain.run(quoteCreate, { opportunity: opp(id), lines: lines(n) }));
          else if (!quote) return;
          else if (act === 'lines') await domain.run(quoteLinesSet, { ...ref(quote), lines: lines(n) });
          else if (act === 'discount') await domain.run(quoteUpdate, { ...ref(quote), discountPercent: `${n}.0000` });
          else if (act === 'revise') keep(await domain.run(quoteRevise, ref(quote)));
          else await domain.run(commands[act], ref(quote));
        };
        for (const n of [1, 2]) await run({ act: 'create', at: 0, n });
        for (const group of groups) await Promise.all(group.map(run));
        const [found] = await domain.db.query(sql`select o.status, o.value_amount as value,
            (select q.net_amount from quotes q where q.opportunity_id = o.id and q.status = 'ACCEPTED') as accepted,
            (select count(*)::int from quotes q where q.opportunity_id = o.id and q.status in ('DRAFT', 'SENT')) as open,
            (select count(*)::int from quotes q cross join lateral (select coalesce(sum(l.net_amount), 0) as net, coalesce(sum(l.tax_amount), 0) as tax,
                coalesce(sum(l.total_amount), 0) as total from quote_lines l where l.quote_id = q.id) s
              where q.opportunity_id = o.id and (q.net_amount, q.tax_amount, q.total_amount) is distinct from (s.net, s.tax, s.total)) as wrong,
            (select count(*)::int from quotes q where q.opportunity_id = o.id and q.status = 'SENT'
              and exists (select from quotes n where n.previous_id = q.id)) as overtaken
          from opportunities o where o.id = ${id}::uuid`);
        const { status, value, accepted, open, wrong, overtaken } = found as Record<string, unknown>;
        expect({ wrong, overtaken }).toEqual({ wrong: 0, overtaken: 0 });
        expect({ status, value }).toEqual(accepted === null ? { status: 'OPEN', value: null } : { status: 'WON', value: accepted });
        if (accepted !== null) expect(open).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  it('are accepted also where the opportunity was won by hand, but not where it was lost', async () => {
    const [won, lost] = [await opportunity(), await opportunity()];
    const [yes, late] = [await sent(won), await sent(lost)];
    const { db, workspaceId } = domain;
    await db.transaction((tx) => inWorkspace(tx, workspaceId, (ctx) => winOpportunity(ctx, won)));
    await db.execute(sql`update opportunities set status = 'LOST', closed_at = now() where id = ${lost}::uuid`);
    await domain.done(quoteAccept, ref(yes));
    expect(await db.query(sql`select status, value_amount as value from opportunities where id = ${won}::uuid`)).toEqual([
      { status: 'WON', value: (await shown(yes)).net },
    ]);
    expect(await codes(domain.run(quoteAccept, ref(late)))).toEqual(['OPPORTUNITY_CLOSED']);
  });
});
