import sql from 'sql-template-tag';
import { test } from 'vitest';
import '/work/main/src/modules/all.ts';
import { createTestDomain } from '/work/main/tests/support/domain.ts';
import { drainRules, changeUnit } from '/work/main/src/modules/rules/index.ts';
import { encodeId } from '/work/main/src/graphql/ids.ts';
import { interactionRecord } from '/work/main/src/modules/interactions/index.ts';
import { segmentationCommands, segmentCommands } from '/work/main/src/modules/segments/index.ts';
for (const N of [20000, 100000]) test(`perf ${N}`, { timeout: 300_000 }, async () => {
  const d = await createTestDomain();
  const ws = d.workspaceId;
  await d.db.execute(sql`insert into customers (workspace_id, id, kind, display_name, country, tags) select ${ws}::uuid, gen_random_uuid(), 'PERSON', 'C' || n, (array['ES','FR','NO'])[1 + n % 3], case when n % 5 = 0 then array['vip'] else '{}' end from generate_series(1, ${N}::int) n`);
  await d.db.execute(sql`insert into interactions (workspace_id, id, customer_id, channel_id, kind_id, direction, occurred_at, value_amount, value_currency, actor_kind, cost_amount, cost_currency)
    select ${ws}::uuid, gen_random_uuid(), c.id, (select id from channels limit 1), (select id from interaction_kinds where key = case when g % 2 = 0 then 'order_placed' else 'enquiry' end), 'INBOUND', now() - random() * interval '400 days', (random()*random()*100)::numeric(19,4), 'EUR', 'SYSTEM', 1, 'EUR'
    from customers c, generate_series(1, 10) g`);
  await d.db.execute({ text: 'analyze', values: [] });
  const time = async (name: string, fn: () => Promise<unknown>) => { const t = performance.now(); await fn(); console.log(N, name, Math.round(performance.now() - t), 'ms'); };
  await d.done(segmentationCommands.create, { key: 'p', name: 'P', kind: 'TACTICAL' });
  const orders = (m: object) => ({ interactions: { where: { kinds: ['order_placed'] }, ...m } });
  const six = { all: [{ field: { country: { in: ['ES', 'FR'] } } }, { not: { field: { tags: { has: 'vip' } } } }, { field: { kind: { eq: 'PERSON' } } }, orders({ within: { days: 90 }, count: { gte: 1 } }), orders({ sum: { of: 'VALUE', gte: '100' } }), { field: { displayName: { startsWith: 'C' } } }] };
  await d.done(segmentCommands.create, { key: 'six', name: 'six', segmentation: 'p', rule: six });
  await time('six clauses full', () => drainRules(d.db));
  await d.done(segmentationCommands.create, { key: 'abc', name: 'ABC', kind: 'STRATEGIC', method: 'VALUE_CLASSES', measure: { source: 'INTERACTION_VALUE', kinds: ['order_placed'] } });
  await time('abc full', () => drainRules(d.db));
  const [abc] = await d.db.query<{ id: string }>(sql`select id from segmentations where key = 'abc'`);
  await changeUnit(d.db, ws, 'SEGMENTATION', abc!.id);
  await time('abc again', () => drainRules(d.db));
  for (let i = 0; i < 49; i++) await d.done(segmentCommands.create, { key: `s${i}`, name: `s${i}`, segmentation: 'p', rule: { all: [orders({ within: { days: 30 + i }, count: { gte: 1 } }), orders({ sum: { of: 'VALUE', gte: String(i) } })] } });
  await time('49 more full', () => drainRules(d.db));
  const [c] = await d.db.query<{ id: string }>(sql`select id from customers limit 1`);
  for (let i = 0; i < 3; i++) {
    await d.done(interactionRecord, { customer: { id: encodeId('Customer', c!.id) }, kind: 'order_placed', channel: 'web', direction: 'INBOUND', value: { amount: '10', currency: 'EUR' } });
    await time('one event, 50 segments', () => drainRules(d.db));
  }
  await d.stop();
});
