import sql, { join, type Sql } from 'sql-template-tag';
import { expect, test } from 'vitest';
import { createTestDomain } from '../../../tests/support/domain.ts';
import { compileRule } from './index.ts';
test('scale', async () => {
  const d = await createTestDomain();
  const ws = d.workspaceId;
  const one = async (t: string) => (await d.db.query<{ id: string }>({ text: `select id from ${t} limit 1`, values: [] }))[0]!.id;
  const kind = await one('interaction_kinds'), ch = await one('channels'), rk = await one('relationship_kinds');
  for (const n of [20000, 80000]) {
    await d.db.execute(sql`truncate customers, interactions, relationships, identities cascade`);
    await d.db.execute(sql`insert into customers (workspace_id,id,kind,display_name,country,created_at) select ${ws}::uuid, gen_random_uuid(), 'PERSON', 'C'||g, case when g%3=0 then 'GB' else 'DE' end, now() - g * interval '1 minute' from generate_series(1,${n}::int) g`);
    await d.db.execute(sql`insert into interactions (workspace_id,id,customer_id,channel_id,kind_id,direction,occurred_at,value_amount,value_currency,actor_kind) select c.workspace_id, gen_random_uuid(), c.id, ${ch}::uuid, ${kind}::uuid, 'INBOUND', now() - random()*interval '400 days', 10, 'EUR', 'SYSTEM' from customers c, generate_series(1,10)`);
    await d.db.execute(sql`insert into identities (workspace_id,id,customer_id,kind,value,original) select workspace_id, gen_random_uuid(), id, 'EMAIL', display_name||'@example.com', display_name from customers`);
    await d.db.execute(sql`insert into relationships (workspace_id,id,kind_id,from_id,to_id) select workspace_id, gen_random_uuid(), ${rk}::uuid, id, lag(id) over (order by id) from customers offset 1`);
    await d.db.execute(sql`vacuum analyze`);
    const rule = { all: [{ field: { country: { eq: 'GB' } } }, { identity: { kind: 'EMAIL', value: { endsWith: '@example.com' } } }, { not: { field: { tags: { has: 'x' } } } },
      { interactions: { where: { kinds: [kind] }, within: { days: 90 }, count: { gte: 3 } } }, { interactions: { sum: { of: 'VALUE', currency: 'EUR', gte: '50' } } }, { relationship: { kind: rk, other: { interactions: { last: { withinLast: { days: 30 } } } } } }] };
    const ids = (await d.db.query<{ id: string }>(sql`select id from customers limit 3`)).map((r) => r.id);
    for (const among of [null, ids]) {
      const { joins, holds, due } = compileRule(rule, { customer: 'c', workspaceId: ws, now: new Date(), prefix: 'q', among: among && ((id: Sql) => sql`${id} = any(${among}::uuid[])`) });
      const st = sql`explain (analyze, costs off, buffers off) select c.id, ${due!} as due, ${holds} from customers c ${join([sql``, ...joins], ' ')} where c.workspace_id = ${ws}::uuid ${among ? sql`and c.id = any(${among}::uuid[])` : sql``}`;
      const rows = await d.db.query<Record<string, string>>(st);
      const lines = rows.map((r) => Object.values(r)[0]!);
      console.log(n, among?.length, '\n' + (among || n === 80000 ? lines : lines.slice(-2)).map((l) => l.slice(0, 170)).join('\n'));
    }
  }
  await d.stop();
  expect(1).toBe(1);
}, 200_000);
