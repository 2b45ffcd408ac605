// How units are kept, with a unit whose rule is one line of SQL: customers tagged `wanted`.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../../tests/support/domain.ts';
import { until } from '../../../../tests/support/eventually.ts';
import { encodeTypeId, newId } from '../../../lib/typeid.ts';
import { customerCreate, customerUpdate } from '../../customers/index.ts';
import type { RuleDependencies } from '../types.ts';
import { changeUnit, checksCtes, defineUnitKind, drainRules, removeUnit, type UnitWork } from './index.ts';

const dependencies: RuleDependencies[] = [{ families: new Set(['customer']), interactionKinds: null, segments: new Set(), hops: 0 }];
const broken = new Set<string>();
let judged: { unitId: string; customers: readonly string[] | null; cause: string }[] = [];
let during: (() => Promise<unknown>) | null = null;

async function evaluate(work: UnitWork): Promise<void> {
  const { tx, workspaceId, unitId, customers, cause, now } = work;
  judged.push({ unitId, customers, cause });
  if (broken.has(unitId)) await tx.query(sql`select 1 / 0`);
  const scope = customers ? sql`c.id = any(${[...customers]}::uuid[])` : sql`true`;
  await tx.execute(sql`with evaluated as materialized (
      select c.id as customer_id, 'wanted' = any(c.tags) as holds,
        case when 'soon' = any(c.tags) then ${new Date(now.getTime() + 200)}::timestamptz end as due_at
      from customers c where c.workspace_id = ${workspaceId}::uuid and c.archived_at is null and ${scope}
    ), ${checksCtes(work)}, gone as (
      delete from wanted w using evaluated e where w.unit_id = ${unitId}::uuid and w.customer_id = e.customer_id and not e.holds
    ) insert into wanted select ${unitId}::uuid, e.customer_id from evaluated e where e.holds on conflict do nothing`);
  const meanwhile = during;
  during = null;
  await meanwhile?.();
}

defineUnitKind({
  kind: 'TEST',
  load: async (_db, _workspaceId, ids) => new Map(ids.map((id) => [id, { dependencies, evaluate }])),
});

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
  await domain.db.execute(sql`create table wanted (unit_id uuid, customer_id uuid, primary key (unit_id, customer_id))`);
});
beforeEach(async () => {
  await drainRules(domain.db);
  judged = [];
});
afterAll(() => domain.stop());

async function makeUnit(): Promise<string> {
  const id = newId();
  await domain.db.transaction((tx) => changeUnit(tx, domain.workspaceId, 'TEST', id));
  return id;
}
const make = (...tags: string[]) => domain.done(customerCreate, { displayName: 'Someone', tags }).then(({ id }) => id);
const tag = (id: string, ...tags: string[]) => domain.done(customerUpdate, { id: encodeTypeId('customer', id), tags });
const of = async (unitId: string) =>
  (await domain.db.query<{ id: string }>(sql`select customer_id as id from wanted where unit_id = ${unitId}::uuid`))
    .map(({ id }) => id)
    .sort();
const stateOf = async (id: string) => (await domain.db.query(sql`select state, failure from rule_units where id = ${id}::uuid`))[0];

describe('a unit of rules', () => {
  it('is worked out for everyone once, and then for those whom events concern', async () => {
    const [one, other] = [await make('wanted'), await make()];
    const unit = await makeUnit();
    await drainRules(domain.db);
    expect(await of(unit)).toEqual([one]);
    judged = [];
    await tag(other, 'wanted');
    await drainRules(domain.db);
    expect(await of(unit)).toEqual([one, other].sort());
    expect(judged).toEqual([{ unitId: unit, customers: [other], cause: 'EVENT' }]);
    await domain.db.transaction((tx) => removeUnit(tx, domain.workspaceId, unit));
  });

  it('misses nothing that happens while it is worked out', async () => {
    const one = await make();
    const unit = await makeUnit();
    during = async () => {
      // Committed and in the log before the unit is in step again, yet unseen by the statement that judged everyone.
      await tag(one, 'wanted');
      const { startSequencer } = await import('../../../events/index.ts');
      const sequencer = startSequencer(domain.db, { log: { info() {}, warn() {}, error() {} } });
      await sequencer.drained();
      await sequencer.stop();
      const { drainWorkers } = await import('../../../jobs/index.ts');
      await drainWorkers(domain.db, ['rules']);
    };
    await drainRules(domain.db);
    expect(await of(unit)).toContain(one);
    expect(judged.filter((each) => each.unitId === unit).map(({ customers }) => customers)).toEqual([null, [one]]);
    await domain.db.transaction((tx) => removeUnit(tx, domain.workspaceId, unit));
  });

  it('looks again when time has come, and not before', async () => {
    const unit = await makeUnit();
    const one = await make('soon');
    await drainRules(domain.db);
    const due = async () =>
      (await domain.db.query<{ at: Date }>(sql`select due_at as at from rule_checks where customer_id = ${one}::uuid`))[0]?.at;
    const first = await due();
    expect(first).toBeInstanceOf(Date);
    await until(async () => {
      await drainRules(domain.db);
      return judged.some((each) => each.cause === 'TIME' && each.customers?.includes(one));
    });
    expect((await due())!.getTime()).toBeGreaterThan(first!.getTime());
    await domain.db.transaction((tx) => removeUnit(tx, domain.workspaceId, unit));
    expect(await due()).toBeUndefined();
  });

  it('that fails is marked and stops no other; it is worked out anew after a change', async () => {
    const [bad, good] = [await makeUnit(), await makeUnit()];
    await drainRules(domain.db);
    broken.add(bad);
    const one = await make('wanted');
    await drainRules(domain.db);
    expect(await of(good)).toContain(one);
    expect(await of(bad)).not.toContain(one);
    expect(await stateOf(bad)).toEqual({ state: 'FAILED', failure: 'SQLSTATE 22012' });
    broken.delete(bad);
    await domain.db.transaction((tx) => changeUnit(tx, domain.workspaceId, 'TEST', bad));
    await drainRules(domain.db);
    expect(await of(bad)).toContain(one);
    expect(await stateOf(bad)).toEqual({ state: 'READY', failure: null });
  });
});
