// A server that dies while a mail server has the mail and has not answered yet: nobody knows whether it went. What the message
// says meanwhile, and that the same mail goes again, before the next one to that customer.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/eventually.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';

const KEY = 'trato-key-of-the-message-faults';

let database: TestDatabase;
let db: Database;
let smtp: Server;
/** Message-IDs of the mails whose last byte came, in that order. */
const arrived: string[] = [];
let isAnswering = false;
const processes: TestProcess[] = [];

/** Just enough of SMTP: takes every mail, and says so while it is answering. */
function startMailServer(): Server {
  return createServer((socket) => {
    let text = '';
    let inData = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      text += bytes;
      for (;;) {
        const end = text.indexOf(inData ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const said = text.slice(0, end);
        text = text.slice(end + (inData ? 5 : 2));
        if (inData) {
          arrived.push(/^message-id: (.*)$/im.exec(said)?.[1] ?? '');
          if (isAnswering) say('250 taken');
        } else say(said === 'DATA' ? '354 go on' : '250 fine');
        inData = !inData && said === 'DATA';
      }
    });
    say('220 here');
  });
}

async function start() {
  const account = {
    ...{ workspace: 'main', from: { address: 'service@shop.example' } },
    smtp: { host: '127.0.0.1', port: (smtp.address() as { port: number }).port, requireTls: false },
  };
  const child = startTestProcess({
    ...{ TRATO_LOG_LEVEL: 'warn', TRATO_DEMO: '0', DATABASE_URL: database.url, TRATO_API_KEY: KEY },
    ...{ TRATO_PLUGINS_OFF: 'loyalty,channel-webchat', TRATO_PLUGIN_CHANNEL_EMAIL: JSON.stringify({ accounts: [account] }) },
  });
  processes.push(child);
  const { url } = await child.ready();
  const ask = async (query: string, variables: object) => {
    const { data, errors } = await postQuery(url, { query, variables }, { key: KEY });
    expect(errors).toEqual([]);
    return data;
  };
  const messageOf = async (id: string) =>
    (await ask('query ($id: ID!) { message(id: $id) { status attempts error externalId } }', { id })).message;
  return { child, ask, messageOf };
}

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, { max: 2 });
  smtp = startMailServer().listen(0, '127.0.0.1');
  await once(smtp, 'listening');
});
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(processes.map((child) => child.exited));
  smtp?.close();
  await db?.close();
  await database?.drop();
});

test('a mail on its way when the server dies is sent again as the same, and the next one waits for it', async () => {
  const first = await start();
  const create = 'mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) { customer { id } } }';
  const ada = { kind: 'PERSON', identities: [{ kind: 'EMAIL', value: 'ada@example.org' }] };
  const { id } = (await first.ask(create, { input: ada })).customerCreate.customer;
  const send = 'mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { id } userErrors { code } } }';
  const messages: string[] = [];
  for (const body of ['One', 'Two']) {
    const { messageSend } = await first.ask(send, { input: { customer: { id }, channel: 'email', subject: body, body } });
    messages.push(messageSend.message.id);
  }
  const [one, two] = messages as [string, string];
  await until(() => arrived.length === 1, 'the mail server has the mail');
  expect(await first.messageOf(one)).toEqual({ status: 'QUEUED', attempts: 1, error: null, externalId: null });
  const cancel = 'mutation ($id: ID!) { messageCancel(input: { id: $id }) { userErrors { code } } }';
  expect((await first.ask(cancel, { id: one })).messageCancel.userErrors).toEqual([{ code: 'MESSAGE_UNDER_WAY' }]);
  expect(await first.messageOf(two)).toMatchObject({ status: 'QUEUED', attempts: 0 });
  first.child.kill('SIGKILL');
  await first.child.exited;

  // The minute is over in which that try might have ended.
  await db.execute(sql`update messages set next_attempt_at = now() where status = 'QUEUED'`);
  isAnswering = true;
  const second = await start();
  await until(async () => (await second.messageOf(two)).status === 'SENT', 'the second is sent', { interval: 50 });
  const sent = await second.messageOf(one);
  expect(sent).toMatchObject({ status: 'SENT', attempts: 2, error: null, externalId: arrived[0] });
  expect(arrived).toEqual([sent.externalId, sent.externalId, (await second.messageOf(two)).externalId]);
});
