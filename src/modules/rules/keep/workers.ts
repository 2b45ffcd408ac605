// The background work that keeps units up to date: after events, when time passes, and for everyone after a rule changed.
import sql from 'sql-template-tag';
import type { Database, Transaction } from '../../../db/database.ts';
import { type EventRow, lockConsumer, takeEvents } from '../../../events/index.ts';
import { defineWorker, isPassing, type Left, markLongWork } from '../../../jobs/index.ts';
import { evaluateUnit, followEvents, markFailed } from './evaluate.ts';
import { concerned, touchesOf } from './touched.ts';
import { loadUnits, shareUnits, type UnitRow } from './units.ts';

/** The place in the log up to which all units in step have taken everything in; its lock is that of all evaluations. */
const CONSUMER = 'rules';
const EVENTS = 2_000;
const CHECKS = 1_000;
const RETRY_FAILED_MS = 60_000;
/** When to look again where another process works, or one that was killed has not let go yet. */
const TAKEN_MS = 1_000;

const taken = () => new Date(Date.now() + TAKEN_MS);

defineWorker({
  name: CONSUMER,
  async work(db) {
    const left = await takeIn(db);
    return left === null ? checkDue(db) : left;
  },
});
defineWorker({ name: 'rule-units', work: workOutNext });

function takeIn(db: Database): Promise<Left> {
  return db.transaction(async (tx) => {
    const place = await lockConsumer(tx, CONSUMER);
    if (!place) return taken();
    // A unit gets in step under the lock of the place: where none is, nothing is missed by passing on.
    const [ready] = await tx.query(sql`select 1 from rule_units where state = 'READY' limit 1`);
    const { events, moved } = await takeEvents(tx, place, EVENTS, ready ? null : []);
    await followEvents(tx, events);
    return moved ? 'more' : null;
  });
}

type Check = UnitRow & { customerId: string };

/** Evaluates customers for whom time has come; answers when it comes the next time. */
async function checkDue(db: Database): Promise<Left> {
  const due = await db.query(sql`select 1 from rule_checks k where k.due_at <= ${new Date()} and ${inStep} limit 1`);
  if (due.length > 0) {
    const done = await db.transaction(async (tx) => {
      const place = await lockConsumer(tx, CONSUMER);
      if (place) await checkSome(tx, new Date());
      return place !== null;
    });
    return done ? 'more' : taken();
  }
  const [next] = await db.query<{ at: Date | null }>(
    sql`select k.due_at as at from rule_checks k where ${inStep} order by k.due_at limit 1`,
  );
  return next?.at ?? null;
}

const inStep = sql`exists (select from rule_units u where u.workspace_id = k.workspace_id and u.id = k.unit_id and u.state = 'READY')`;

async function checkSome(tx: Transaction, now: Date): Promise<void> {
  const checks = await tx.query<Check>(sql`
    select k.workspace_id as "workspaceId", u.id, u.kind, u.generation, k.customer_id as "customerId"
    from rule_checks k join rule_units u on u.workspace_id = k.workspace_id and u.id = k.unit_id and u.state = 'READY'
    where k.due_at <= ${now} order by k.due_at limit ${CHECKS}`);
  const groups = Map.groupBy(checks, ({ workspaceId, id }) => `${workspaceId} ${id}`);
  const rows = [...groups.values()].map((group) => group[0]!);
  for (const workspaceId of new Set(rows.map((row) => row.workspaceId))) await shareUnits(tx, workspaceId);
  // Once more, as commands may have changed rules meanwhile.
  const locked = await tx.query<UnitRow>(sql`select u.workspace_id as "workspaceId", u.id, u.kind, u.generation from rule_units u
    join unnest(${rows.map((row) => row.workspaceId)}::uuid[], ${rows.map((row) => row.id)}::uuid[]) w(workspace_id, id)
      on w.workspace_id = u.workspace_id and w.id = u.id
    where u.state = 'READY' order by u.id`);
  const units = await loadUnits(tx, locked);
  for (const row of locked) {
    const unit = units.get(row.id);
    const customers = groups.get(`${row.workspaceId} ${row.id}`)!.map(({ customerId }) => customerId);
    if (unit) await evaluateUnit(tx, row, unit, customers, 'TIME');
    // Whatever the unit left of it is behind now: looking again would never end.
    await tx.execute(sql`delete from rule_checks where workspace_id = ${row.workspaceId}::uuid and unit_id = ${row.id}::uuid
      and customer_id = any(${customers}::uuid[]) and due_at <= ${now}`);
  }
}

/** Works one pending unit out for everyone; failed ones again after a while. */
async function workOutNext(db: Database): Promise<Left> {
  const retry = new Date(Date.now() - RETRY_FAILED_MS);
  const [row] = await db.query<UnitRow>(sql`select workspace_id as "workspaceId", id, kind, generation from rule_units
    where state = 'PENDING' or (state = 'FAILED' and updated_at < ${retry}) order by state, updated_at limit 1`);
  if (!row) return new Date(Date.now() + RETRY_FAILED_MS);
  try {
    await db.transaction((tx) => workOut(tx, row));
  } catch (error) {
    if (isPassing(error)) throw error;
    await db.transaction((tx) => markFailed(tx, row, error));
  }
  return 'more';
}

/** Works a unit out for everyone, and for those whom events concerned meanwhile, and puts it in step with the log. */
async function workOut(tx: Transaction, row: UnitRow): Promise<void> {
  await markLongWork(tx);
  const [lock] = await tx.query<{ got: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`unit ${row.workspaceId} ${row.id}`}, 0)) as got`,
  );
  if (!lock!.got) return;
  // One statement reads everything there is, and nothing else of the kind runs beside it.
  await tx.query(sql`select set_config('work_mem', '128MB', true)`);
  const [started] = await tx.query<{ seq: bigint }>(sql`select seq from event_consumers where name = ${CONSUMER}`);
  const place = started ? null : await lockConsumer(tx, CONSUMER, { wait: true });
  const from = started?.seq ?? place!.seq;
  const unit = (await loadUnits(tx, [row])).get(row.id);
  if (unit) {
    const now = new Date();
    await unit.evaluate({ tx, workspaceId: row.workspaceId, unitId: row.id, now, customers: null, cause: 'EVALUATION' });
    await catchUp(tx, row, from);
  }
  await tx.execute(sql`update rule_units set state = 'READY', evaluated_at = now(), evaluated_seq = ${from}, failure = null, updated_at = now()
    where workspace_id = ${row.workspaceId}::uuid and id = ${row.id}::uuid and generation = ${row.generation}`);
}

// The unit was left out while it was worked out. From here on nothing else is taken in until this is committed.
async function catchUp(tx: Transaction, row: UnitRow, from: bigint): Promise<void> {
  const place = await lockConsumer(tx, CONSUMER, { wait: true });
  const unit = (await loadUnits(tx, [row])).get(row.id)!;
  for (let seq = from; seq < place!.seq; ) {
    const events = await tx.query<EventRow>(sql`select e.seq, e.type, e.customer_id as "customerId", e.data from events e
      where e.workspace_id = ${row.workspaceId}::uuid and e.seq > ${seq} and e.seq <= ${place!.seq} order by e.seq limit ${EVENTS}`);
    if (events.length === 0) break;
    const customers = await concerned(tx, row.workspaceId, unit.dependencies, events.flatMap(touchesOf));
    if (customers.length > 0)
      await unit.evaluate({ tx, workspaceId: row.workspaceId, unitId: row.id, now: new Date(), customers, cause: 'EVALUATION' });
    seq = events.at(-1)!.seq;
  }
}
