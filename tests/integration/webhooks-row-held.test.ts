// A command that holds the rows of some webhooks for long, as replays of large ranges do, holds up no other webhook.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import '../../src/modules/webhooks/webhooks.schema.ts';
import type { Running } from '../../src/jobs/index.ts';
import { allowOutbound } from '../../src/lib/private-address.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { startDelivering } from '../../src/modules/webhooks/deliver/index.ts';
import { webhookPorts } from '../../src/modules/webhooks/deliver/service.ts';
import { type Receiver, startReceiver } from '../faults/webhooks-receiver.ts';
import { done, makeCustomer } from '../support/core.ts';
import { eventually } from '../support/eventually.ts';
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
    await tx.query(sql`select from webhooks where id = any(${held.map(({ id }) => id)}::uuid[]) for no key update`);
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
