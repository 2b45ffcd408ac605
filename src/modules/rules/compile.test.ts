// The SQL of typical rules, and since when rules hold.
import sql, { join } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { insertRows } from '../../commands/rows.ts';
import type { JsonObject } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { compileRule, dependenciesOf, explainRule, writtenRules } from './index.ts';

const NOW = new Date('2026-03-15T10:30:00.000Z');
const KIND = '00000000-0000-7000-8000-000000000001';
const WORKSPACE = '00000000-0000-7000-8000-000000000009';

function textOf(rule: JsonObject): string {
  const scope = { customer: 'c', workspaceId: WORKSPACE, now: NOW, prefix: '', among: null };
  const { joins, holds, due } = compileRule(rule, scope);
  const statement = sql`select c.id, ${due ?? sql`null`} as due from customers c ${join([sql``, ...joins], ' ')} where ${holds}`;
  return statement.text.replaceAll(/\s+/g, ' ');
}

test('buyers of late: what one condition counts is read once, the bound of the period is a value', () => {
  const orders = { where: { kinds: [KIND] }, within: { days: 90 } };
  expect(
    textOf({
      all: [
        { field: { country: { eq: 'GB' } } },
        { interactions: { ...orders, count: { gte: 3 } } },
        { interactions: { ...orders, sum: { of: 'VALUE', currency: 'EUR', gte: '100.0000' } } },
      ],
    }),
  ).toMatchInlineSnapshot(
    `"select c.id, case when (coalesce((c.country = $1), false)) then least(f0.v1, case when (coalesce(f0.v0, 0) >= $2::numeric) then f0.v2 end, f0.v4) end as due from customers c left join (select i.customer_id as customer_id, count(*) filter (where i.occurred_at <= $3::timestamptz) as v0, min(i.occurred_at) filter (where i.occurred_at > $4::timestamptz) as v1, min(i.occurred_at + $5::interval) filter (where i.occurred_at <= $6::timestamptz) as v2, sum(i.value_amount) filter (where i.occurred_at <= $7::timestamptz and i.value_currency = $8) as v3, min(case when i.occurred_at > $9::timestamptz then i.occurred_at else i.occurred_at + $10::interval end) as v4 from interactions i where i.workspace_id = $11::uuid and i.kind_id = any($12::uuid[]) and i.occurred_at > $13::timestamptz group by 1) f0 on f0.customer_id = c.id where (coalesce((c.country = $14), false) and (coalesce(f0.v0, 0) >= $15::numeric) and (coalesce(f0.v3, 0) >= $16::numeric))"`,
  );
});

test('people who work where something was sold: the rule about the others runs once inside', () => {
  expect(
    textOf({
      relationship: { kind: KIND, direction: 'FROM', other: { opportunities: { where: { status: ['WON'] }, count: { gte: 1 } } } },
    }),
  ).toMatchInlineSnapshot(
    `"select c.id, f0.v1 as due from customers c left join (select t.near_id as customer_id, bool_or((coalesce(r0_f0.v0, 0) >= $1::numeric)) as v0, min((t.until + 1)::timestamp at time zone 'UTC') as v1, min(greatest(t.since::timestamp at time zone 'UTC', (select o.closed_at from opportunities o where o.workspace_id = $2::uuid and o.customer_id is not null and o.archived_at is null and o.status = 'WON' and o.customer_id = r0_c.id order by 1 offset $3 limit 1))) filter (where (coalesce(r0_f0.v0, 0) >= $4::numeric)) as v2 from (select r.from_id as near_id, r.to_id as far_id, r.since, r.until from relationships r where r.workspace_id = $5::uuid and r.kind_id = $6::uuid and r.archived_at is null and (r.until is null or r.until >= $7::date)) t join customers r0_c on r0_c.workspace_id = $8::uuid and r0_c.id = t.far_id and r0_c.archived_at is null left join (select o.customer_id as customer_id, count(*) as v0 from opportunities o where o.workspace_id = $9::uuid and o.customer_id is not null and o.archived_at is null and o.status = 'WON' group by 1) r0_f0 on r0_f0.customer_id = r0_c.id where true group by 1) f0 on f0.customer_id = c.id where coalesce(f0.v0, false)"`,
  );
});

let domain: TestDomain;
let customerId: string;
const kinds = { order: '', call: '' };
const at = (day: string): Date => new Date(`2026-${day}T12:00:00.000Z`);

beforeAll(async () => {
  domain = await createTestDomain({ connections: 2 });
  const { db, workspaceId } = domain;
  customerId = newId();
  await insertRows(db, 'Customer', [
    { workspaceId, id: customerId, kind: 'PERSON', displayName: 'Ada', country: 'GB', createdAt: at('01-05') },
  ]);
  const find = async (table: string, key: string): Promise<string> => {
    const [row] = await db.query<{ id: string }>({ text: `select id from ${table} where key = $1`, values: [key] });
    return row!.id;
  };
  kinds.order = await find('interaction_kinds', 'order_placed');
  kinds.call = await find('interaction_kinds', 'call');
  const channelId = await find('channels', 'web');
  const orders = ['01-10', '02-01', '03-01', '03-10'].map((day) => ({
    workspaceId,
    id: newId(),
    customerId,
    channelId,
    kindId: kinds.order,
    direction: 'INBOUND' as const,
    occurredAt: at(day),
    valueAmount: '50',
    valueCurrency: 'EUR',
    actorKind: 'SYSTEM' as const,
  }));
  await insertRows(db, 'Interaction', orders);
});
afterAll(() => domain?.stop());

async function sinceOf(rule: JsonObject): Promise<string | null> {
  const { joins, holds, since } = compileRule(rule, { customer: 'c', workspaceId: domain.workspaceId, now: NOW, prefix: '', among: null });
  const [row] = await domain.db.query<{ holds: boolean; since: Date | null }>(
    sql`select ${holds} as holds, ${since} as since from customers c ${join([sql``, ...joins], ' ')} where c.id = ${customerId}::uuid`,
  );
  expect(row!.holds).toBe(true);
  return row!.since?.toISOString().slice(5, 10) ?? null;
}

test('a rule tells since when it holds, as far as its facts do', async () => {
  const orders = { where: { kinds: [kinds.order] } };
  const value = { of: 'VALUE', currency: 'EUR' };
  expect(await sinceOf({ interactions: { ...orders, count: { gte: 3 } } })).toBe('03-01');
  expect(await sinceOf({ interactions: { ...orders, count: { gt: 1 } } })).toBe('02-01');
  expect(await sinceOf({ interactions: { ...orders, count: { eq: 4 } } })).toBe('03-10');
  expect(await sinceOf({ interactions: { ...orders, count: { lte: 4 } } })).toBe(null);
  expect(await sinceOf({ interactions: { ...orders, sum: { ...value, gte: '100' } } })).toBe('02-01');
  expect(await sinceOf({ interactions: { ...orders, sum: { ...value, gt: '100' } } })).toBe('03-01');
  expect(await sinceOf({ interactions: { ...orders, within: { days: 20 }, count: { gte: 2 } } })).toBe('03-10');
  expect(await sinceOf({ interactions: { distinct: { of: 'MONTH', gte: 3 } } })).toBe('03-01');
  expect(await sinceOf({ interactions: { last: { withinLast: { days: 10 } } } })).toBe('03-10');
  expect(await sinceOf({ interactions: { first: { olderThan: { days: 30 } } } })).toBe('02-09');
  expect(await sinceOf({ field: { createdAt: { after: at('01-01').toISOString() } } })).toBe('01-05');
  const third = { interactions: { count: { gte: 3 } } };
  const second = { interactions: { count: { gte: 2 } } };
  const never = { interactions: { count: { gte: 9 } } };
  expect(await sinceOf({ all: [third, second, { field: { country: { eq: 'GB' } } }] })).toBe('03-01');
  expect(await sinceOf({ any: [third, second, never] })).toBe('02-01');
  expect(await sinceOf({ not: never })).toBe(null);
});

test('an explanation says in words what each part asks, and what decided', async () => {
  const rule: JsonObject = {
    all: [
      { interactions: { where: { kinds: [kinds.order] }, within: { days: 90 }, count: { gte: 5 } } },
      { not: { field: { country: { in: ['DE', 'FR'] } } } },
      { interactions: { last: { after: '2026-01-01T00:00:00.000Z' } } },
    ],
  };
  const { nodes } = (await explainRule(domain.db, domain.workspaceId, rule, customerId, NOW))!;
  expect(nodes.map(({ path, depth, text, holds, value }) => [path, depth, text, holds, value])).toEqual([
    ['', 0, 'All of these hold', false, 2],
    ['all.0', 1, 'number of interactions (kinds Order placed) in the last 90 days is at least 5', false, 4],
    ['all.1', 1, 'This does not hold', true, false],
    ['all.1.not', 2, 'country is one of DE, FR', false, 'GB'],
    ['all.2', 1, 'last one of interactions is not before 2026-01-01T00:00:00.000Z', true, '2026-03-10T12:00:00+00:00'],
  ]);
});

test('a stored rule is written with the keys it was given with', async () => {
  const rule = (kind: string): JsonObject => ({
    all: [{ interactions: { where: { kinds: [kind] }, count: { gte: 1 } } }, { stage: { in: [] } }],
  });
  expect(await writtenRules(domain.db, domain.workspaceId, [rule(kinds.order), rule(kinds.call)])).toEqual([
    rule('order_placed'),
    rule('call'),
  ]);
});

test('a rule tells what can change it', () => {
  const counted = { interactions: { where: { kinds: [KIND] }, count: { gte: 1 } } };
  const inSegment = { segment: { in: [WORKSPACE] } };
  expect(dependenciesOf({ all: [counted, { relationship: { other: { relationship: { other: inSegment } } } }] })).toEqual({
    families: new Set(['interaction', 'relationship', 'segment']),
    interactionKinds: new Set([KIND]),
    segments: new Set([WORKSPACE]),
    hops: 2,
  });
  expect(dependenciesOf({ any: [counted, { interactions: { last: { isNull: true } } }] }).interactionKinds).toBe(null);
});
