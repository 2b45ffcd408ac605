// A command that holds the rows of some webhooks for long, as replays of large ranges do, holds up no other webhook.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import '../../src/modules/webhooks/webhooks.schema.ts';
import type { Transaction } from '../../src/db/database.ts';
import type { Running } from '../../src/jobs/index.ts';
import { allowOutbound } from '../../src/lib/private-address.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { createHealthRows } from '../../src/modules/webhooks/deliver/health.ts';
import { inTurn } from '../../src/modules/webhooks/deliver/in-turn.ts';
import { startDelivering } from '../../src/modules/webhooks/deliver/index.ts';
import { createLane, type Lane, type WebhookPorts } from '../../src/modules/webhooks/deliver/lane.ts';
import { createLooks } from '../../src/modules/webhooks/deliver/looks.ts';
import { webhookPorts } from '../../src/modules/webhooks/deliver/service.ts';
import { activeAmong } from '../../src/modules/webhooks/deliver/stored.ts';
import { type Receiver, startReceiver } from '../faults/webhooks-receiver.ts';
import { done, makeCustomer } from '../support/core.ts';
import { eventually, until } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let running: Running;
const receivers: Receiver[] = [];
const complaints: string[] = [];
const following = new AbortController();
/** More than are taken in at once. */
const HELD = 6;

beforeAll(async () => {
  allowOutbound(['127.0.0.0/8']);
  server = await startTestServer({ poolSize: 20 });
  const complain = (_fields: object, message: string) => complaints.push(message);
  running = startDelivering({ db: server.db, log: { info() {}, warn: complain, error: complain }, ports: webhookPorts });
  void (async () => {
    for await (const _ of server.events.hub.follow({ workspaceId: server.workspaceId, signal: following.signal })) running.wake();
  })();
  await until(() => server.events.hub.followers() > 0);
});
afterAll(async () => {
  following.abort();
  await running?.stop();
  await Promise.all(receivers.map((one) => one.stop()));
  await server?.stop();
  allowOutbound([]);
});

async function webhook(): Promise<{ id: string; receiver: Receiver; told: () => string[] }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const input = { name: 'Held', url: receiver.url, document: 'subscription { customerCreated { displayName } }' };
  const made = await done(server, 'webhookCreate', input, 'webhook { id }');
  const told = () => receiver.hits.map(({ body }) => body.data.customerCreated.displayName);
  return { id: decodeTypeId(made.webhook.id)!.uuid, receiver, told };
}

it('the others are told meanwhile, and those whose rows were held of everything, once, afterwards', async () => {
  const held = await Promise.all(Array.from({ length: HELD }, webhook));
  const free = await webhook();
  await makeCustomer(server, { displayName: 'First' });
  await eventually(() => expect([...held, free].map(({ told }) => told())).toEqual(Array(HELD + 1).fill(['First'])));
  await server.db.transaction(async (tx) => {
    await holding(
      tx,
      held.map(({ id }) => id),
    );
    await makeCustomer(server, { displayName: 'Second' });
    await makeCustomer(server, { displayName: 'Third' });
    await eventually(() => expect(free.told().toSorted()).toEqual(['First', 'Second', 'Third']));
    expect(held.map(({ told }) => told())).toEqual(Array(HELD).fill(['First']));
  });
  await eventually(() => {
    expect(held.map(({ told }) => told().toSorted())).toEqual(Array(HELD).fill(['First', 'Second', 'Third']));
  });
  expect(complaints).toEqual([]);
});

const holding = (tx: Transaction, ids: string[]) => tx.query(sql`select from webhooks where id = any(${ids}::uuid[]) for no key update`);

/** A lane of its own beside that of the delivery under way. */
async function laneOf(id: string): Promise<Lane> {
  const [row] = await activeAmong(server.db, [id]);
  return createLane(row!);
}

it('how the others do is noted meanwhile, without a lock that stays on their rows, and how those do afterwards', async () => {
  const [one, other] = [await webhook(), await webhook()];
  const at = (n: number) => new Date(Date.UTC(2030, 0, n));
  const noted = async ({ id }: { id: string }) => (await activeAmong(server.db, [id]))[0]!.lastDeliveredAt;
  const health = createHealthRows({ db: server.db, log: { info() {}, warn: () => {}, error: () => {} } });
  const lanes = [await laneOf(one.id), await laneOf(other.id)];
  await server.db.transaction(async (tx) => {
    await holding(tx, [other.id]);
    for (const [i, lane] of lanes.entries()) {
      lane.lastDeliveredAt = at(i + 1);
      lane.failingSince = at(1);
      health.touch(lane);
    }
    await eventually(async () => expect(await noted(one)).toEqual(at(1)));
  });
  await eventually(async () => expect(await noted(other)).toEqual(at(2)));
  await health.stop();
});

it('a webhook whose row is held rests, however much happens that it wants', async () => {
  const { id } = await webhook();
  let rendered = 0;
  const ports: WebhookPorts = {
    ...webhookPorts,
    render(...about) {
      rendered++;
      return webhookPorts.render(...about);
    },
  };
  const lane = await laneOf(id);
  const signal = new AbortController().signal;
  const told = { onQueued() {}, onFilter() {}, onChanged: async () => {}, onProblem: async () => {} };
  const looks = createLooks({ db: server.db, log: { info() {}, warn() {}, error() {} }, ports, now: Date.now, signal }, told);
  const WAKES = 100;
  await server.db.transaction(async (tx) => {
    await holding(tx, [id]);
    await makeCustomer(server, { displayName: 'Held' });
    await server.events.drained();
    for (let i = 0; i < WAKES; i++) {
      looks.wake(lane);
      // Longer than a look takes.
      for (let n = 0; n < 10; n++) await server.db.query(sql`select`);
    }
    expect(rendered).toBeGreaterThan(0);
    expect(rendered).toBeLessThan(WAKES / 4);
  });
  // Its own look, or that of the delivery under way.
  await eventually(async () =>
    expect(await server.db.query(sql`select from webhook_deliveries where webhook_id = ${id}::uuid`)).toHaveLength(1),
  );
  await looks.stop();
});

it('a webhook whose row is held by one command after the other has its turn among them', async () => {
  const { id, told } = await webhook();
  await makeCustomer(server, { displayName: 'Before' });
  await eventually(() => expect(told()).toEqual(['Before']));
  let isOver = false;
  let commands = 0;
  // While one has the row the next waits for it already.
  const another = async () => {
    while (!isOver) {
      await server.db.transaction(async (tx) => {
        await holding(tx, [id]);
        for (let n = 0; n < 1_000; n++) await tx.query(sql`select`);
      });
      commands++;
    }
  };
  const all = [another(), another(), another()];
  await until(() => commands > 3);
  await makeCustomer(server, { displayName: 'Between' });
  await eventually(() => expect(told()).toContain('Between')).finally(() => {
    isOver = true;
    return Promise.all(all);
  });
});

it('who waits for a row gives up after a while, has done nothing then, and tells other failures', async () => {
  const { id } = await webhook();
  const row = { workspaceId: server.workspaceId, id };
  let begun = 0;
  const work = async () => ++begun;
  await server.db.transaction(async (tx) => {
    await holding(tx, [id]);
    expect(await inTurn(server.db, row, work, { mostMs: 20 })).toBeNull();
  });
  expect(begun).toBe(0);
  expect(await inTurn(server.db, row, work)).toBe(1);
  await expect(inTurn(server.db, row, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
});
