// A person who is erased while bodies about them are being made: no such body is kept, and none is sent.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import '../../src/modules/webhooks/webhooks.schema.ts';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { runCommand } from '../../src/commands/command.ts';
import type { Database } from '../../src/db/database.ts';
import { readEvents } from '../../src/events/index.ts';
import { allowOutbound } from '../../src/lib/private-address.ts';
import { decodeTypeId } from '../../src/lib/typeid.ts';
import { startDelivering } from '../../src/modules/webhooks/deliver/index.ts';
import { webhookPorts } from '../../src/modules/webhooks/deliver/service.ts';
import { eraseLate } from '../../src/modules/webhooks/erase.ts';
import { webhookReplay } from '../../src/modules/webhooks/index.ts';
import { startReceiver } from '../faults/webhooks-receiver.ts';
import { done, makeCustomer } from '../support/core.ts';
import { eventually, until } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
const log = { info() {}, warn() {}, error() {} };
const document = 'subscription { customerCreated { displayName } }';

beforeAll(async () => {
  allowOutbound(['127.0.0.0/8']);
  server = await startTestServer({ poolSize: 10 });
});
afterAll(async () => {
  await server?.stop();
  allowOutbound([]);
});

const uuidOf = (id: string) => decodeTypeId(id)!.uuid;

/** Erases a customer, and waits until the log says so. */
async function erase(id: string) {
  await done(server, 'customerErase', { id, confirm: 'erase' }, '');
  await server.events.drained();
  return readEvents(server.db, { workspaceId: server.workspaceId, subjectId: uuidOf(id), types: ['customer.erased'], after: 0n, limit: 1 });
}

it('by a replay, which is waited for', async () => {
  const id = await makeCustomer(server, { displayName: 'Forget Replay' });
  await server.events.drained();
  const { webhook } = await done(
    server,
    'webhookCreate',
    { name: 'Replayed', url: 'https://hooks.example.com/', document },
    'webhook { id }',
  );
  let [made, goOn] = [() => {}, () => {}];
  const isMade = new Promise<void>((resolve) => (made = resolve));
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  const db: Database = {
    ...server.db,
    transaction: (work) =>
      server.db.transaction(async (tx) => {
        const result = await work(tx);
        made();
        await mayGoOn;
        return result;
      }),
  };
  const range = { webhook: webhook.id, after: Buffer.from('event:0').toString('base64url') };
  const viewer = systemViewer(server.workspaceId);
  const replaying = runCommand({ db, viewer, requestId: 'replay' }, webhookReplay, { range });
  await isMade;
  const events = await erase(id);
  let handled = false;
  const handling = server.db.transaction((tx) => eraseLate(tx, events)).then(() => (handled = true));
  const waits = sql`select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`;
  await until(async () => handled || (await server.db.query(waits)).length > 0);
  goOn();
  expect((await replaying).result?.count).toBe(1);
  await handling;
  const kept = await server.db.query<{ body: string; status: string }>(
    sql`select body, status::text from webhook_deliveries where subject_key = ${uuidOf(id)}::uuid`,
  );
  expect(kept).toEqual([{ body: '{"erased": true}', status: 'FAILED' }]);
  await done(server, 'webhookArchive', { id: webhook.id }, '');
});

it('by a delivery, whose body is made anew', async () => {
  const receiver = await startReceiver();
  let erased = false;
  await done(server, 'webhookCreate', { name: 'Delivered', url: receiver.url, document }, 'webhook { id }');
  const customer = await makeCustomer(server, { displayName: 'Forget Delivery' });
  await server.events.drained();
  // Now, so that nothing is rendered before it is known who is to be erased.
  const running = startDelivering({
    db: server.db,
    log,
    ports: {
      ...webhookPorts,
      async render(db, webhook, viewer, events) {
        const rendered = await webhookPorts.render(db, webhook, viewer, events);
        const about = rendered.find((one) => one?.body.includes('Forget Delivery'));
        if (about && !erased) {
          erased = true;
          const [event] = await erase(customer);
          await server.db.transaction((tx) => eraseLate(tx, [event!]));
        }
        return rendered;
      },
    },
  });
  await eventually(() => {
    running.wake();
    expect(erased).toBe(true);
  });
  await makeCustomer(server, { displayName: 'Kept' });
  await server.events.drained();
  await eventually(() => {
    running.wake();
    expect(receiver.hits.map(({ body }) => body.data.customerCreated.displayName)).toContain('Kept');
  });
  expect(receiver.hits.map(({ body }) => body.data.customerCreated.displayName)).toEqual(['Kept']);
  await running.stop();
  await receiver.stop();
});
