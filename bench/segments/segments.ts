// Segments on a large base, at two sizes: one rule worked out for everyone, value classes of everyone, and how long after
// the commit of an interaction `segment.entered` reaches a subscriber while 50 dynamic segments are kept.
import { createClient } from 'graphql-ws';
import sql from 'sql-template-tag';
import WebSocket from 'ws';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { type Command, runCommand } from '../../src/commands/command.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { drainWorkers } from '../../src/jobs/index.ts';
import { compileRule, drainRules, type StoredRule } from '../../src/modules/rules/index.ts';
import { segmentationCommands, segmentCommands } from '../../src/modules/segments/index.ts';
import { percentile, spawnServer, table } from '../support.ts';
import { API_KEY, startSegmentsDatabase } from './database.ts';
import { entered, fiftyRules, sixClauses } from './rules.ts';
import { INTERACTIONS_EACH } from './seed.ts';

const SIZES = (process.env.BENCH_SEGMENTS_SIZES ?? '100000,1000000').split(',').map(Number);
const WRITES = 200;

type Figures = {
  size: number;
  judged: number;
  kept: number;
  classes: number;
  settled: number;
  members: number;
  fifty: number;
  p50: number;
  p95: number;
};

/** Runs the benchmark at each size and prints the figures with their growth. */
export async function benchSegments(): Promise<void> {
  const all: Figures[] = [];
  for (const size of SIZES) all.push(await benchSize(size));
  console.log(`\nsegments: ${INTERACTIONS_EACH} interactions for each customer`);
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
  table([
    ['customers', ...all.map(({ size }) => size.toLocaleString('en'))],
    ['rule of six clauses, two aggregates, judged', ...all.map(({ judged }) => seconds(judged))],
    ['the same with memberships and events written', ...all.map(({ kept }) => seconds(kept))],
    ['its members', ...all.map(({ members }) => members.toLocaleString('en'))],
    ['value classes (ABC) of everyone, written', ...all.map(({ classes }) => seconds(classes))],
    ['50 segments worked out', ...all.map(({ fifty }) => seconds(fifty))],
    ['the events of all that taken in', ...all.map(({ settled }) => seconds(settled))],
    ['commit to segment.entered, p50', ...all.map(({ p50 }) => `${p50.toFixed(0)} ms`)],
    ['commit to segment.entered, p95', ...all.map(({ p95 }) => `${p95.toFixed(0)} ms`)],
  ]);
}

async function benchSize(size: number): Promise<Figures> {
  const server = await startSegmentsDatabase(size);
  const db = openDatabase(server.url, { max: 10 });
  try {
    const viewer = systemViewer(server.workspaceId);
    const done = async <I, R>(command: Command<I, R>, input: unknown): Promise<R> => {
      const { result, userErrors } = await runCommand({ db, viewer, requestId: 'bench' }, command, input);
      if (!result) throw new Error(JSON.stringify(userErrors));
      return result;
    };
    await clear(db);
    await drainWorkers(db);
    await done(segmentationCommands.create, { key: 'profiles', name: 'Profiles', kind: 'TACTICAL' });
    const segment = { segmentation: 'profiles', kind: 'DYNAMIC' };
    const { id } = await done(segmentCommands.create, { ...segment, key: 'six', name: 'Six clauses', rule: sixClauses });
    await judge(db, server.workspaceId, id); // what it reads is in the cache from here on, as far as that holds it
    const judged = await time(() => judge(db, server.workspaceId, id));
    const kept = await time(() => drainWorkers(db, ['rule-units']));
    await done(segmentationCommands.create, {
      key: 'value',
      name: 'Value classes',
      kind: 'STRATEGIC',
      method: 'VALUE_CLASSES',
      measure: { source: 'INTERACTION_VALUE', kinds: ['order_placed'] },
      defaultSegment: { key: 'no_value', name: 'No value yet' },
    });
    const classes = await time(() => drainWorkers(db, ['rule-units']));
    for (const [n, rule] of fiftyRules.entries())
      await done(segmentCommands.create, { ...segment, key: `s${n}`, name: `Segment ${n}`, rule });
    await done(segmentCommands.create, { ...segment, key: 'entered', name: 'Entered', rule: entered });
    const fifty = await time(() => drainWorkers(db, ['rule-units']));
    const [members] = await db.query<{ count: number }>(
      sql`select count(*)::int as count from segment_memberships where segment_id = ${id}::uuid and left_at is null`,
    );
    // What was written is in the log and taken in, as on a system that has been running.
    const settled = await time(() => drainRules(db));
    await db.execute(sql`vacuum analyze`);
    const delays = await enter(server.url, db, server.workspaceId);
    return {
      size,
      judged,
      kept,
      classes,
      settled,
      members: members!.count,
      fifty,
      p50: percentile(delays, 0.5),
      p95: percentile(delays, 0.95),
    };
  } finally {
    await db.close();
    await server.stop();
  }
}

/** Takes back what an earlier run left. */
async function clear(db: Database): Promise<void> {
  for (const name of [
    'segment_memberships',
    'rule_checks',
    'rule_units',
    'segments',
    'segmentations',
    'event_inbox',
    'events',
    'event_consumers',
  ])
    await db.execute({ text: `truncate ${name} cascade`, values: [] });
  await db.execute(sql`delete from interactions where outcome = 'bench'`);
  await db.execute(sql`vacuum analyze`);
}

async function judge(db: Database, workspaceId: string, id: string): Promise<void> {
  const [segment] = await db.query<{ rule: StoredRule }>(sql`select rule from segments where id = ${id}::uuid`);
  const rule = compileRule(segment!.rule, { customer: 'c', workspaceId, now: new Date(), among: null, prefix: 'r' });
  const joins = rule.joins.reduce((all, one) => sql`${all} ${one}`, sql``);
  await db.transaction(async (tx) => {
    // As where memberships are written: statements that write run in one process.
    await tx.query(sql`select set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '128MB', true)`);
    await tx.query(
      sql`select count(*) filter (where ${rule.holds}) from customers c ${joins} where c.workspace_id = ${workspaceId}::uuid and c.archived_at is null`,
    );
  });
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const record = `mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id } userErrors { code message } } }`;
const feed = `subscription { events(types: ["segment.entered"]) { __typename ... on Event { subject { ... on SegmentMembership { segment { key } customer { id } } } } } }`;

/** Records interactions one by one; answers how long after each answer its event arrived, in milliseconds. */
async function enter(url: string, db: Database, workspaceId: string): Promise<number[]> {
  const { origin, stop } = await spawnServer({ DATABASE_URL: url, TRATO_API_KEY: API_KEY });
  const customers = await db.query<{ id: string }>(
    sql`select id from customers where workspace_id = ${workspaceId}::uuid order by id limit ${WRITES} offset 1000`,
  );
  const http = `${origin}/graphql`;
  const client = createClient({
    url: http.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${API_KEY}` },
  });
  const arrived = new Map<string, number>();
  let caughtUp = false;
  client.subscribe<{ events: { __typename: string; subject: { segment: { key: string }; customer: { id: string } } } }>(
    { query: feed },
    {
      next: ({ data }) => {
        if (data?.events.__typename === 'FeedCaughtUp') caughtUp = true;
        const subject = data?.events.subject;
        if (subject?.segment.key === 'entered') arrived.set(subject.customer.id, performance.now());
      },
      error: (error) => console.error(error),
      complete: () => {},
    },
  );
  const until = async (what: () => boolean) => {
    for (let i = 0; i < 1200 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await until(() => caughtUp);
  const answered = new Map<string, number>();
  const { encodeId } = await import('../../src/graphql/ids.ts');
  for (const { id: uuid } of customers) {
    const id = encodeId('Customer', uuid);
    const input = { customer: { id }, kind: 'order_placed', channel: 'web', direction: 'INBOUND', outcome: 'bench' };
    const response = await fetch(http, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
      body: JSON.stringify({ query: record, variables: { input } }),
    });
    const body = (await response.json()) as { data?: { interactionRecord: { userErrors: unknown[] } } };
    if (body.data?.interactionRecord.userErrors.length !== 0) throw new Error(JSON.stringify(body));
    answered.set(id, performance.now());
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await until(() => arrived.size === customers.length);
  await client.dispose();
  await stop();
  if (arrived.size < customers.length) throw new Error(`${arrived.size} of ${customers.length} events arrived`);
  // The first ones find cold caches, as after every start; they count like the others.
  return [...answered].map(([id, at]) => Math.max(0, arrived.get(id)! - at));
}

if (import.meta.main) await benchSegments();
