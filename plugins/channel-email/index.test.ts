// Mail that goes out, to real SMTP servers that take it, refuse it, hang and are away.
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost, type TestWorkspace } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';
import { cert, key } from './testing/certificate.ts';
import { type MailServer, startMailServer, startSilentServer } from './testing/mail-server.ts';
import { customer, handOver, messageOf, queue, sent, tried } from './testing/trato.ts';

const PASSWORD = 'correct-horse-battery';
const SECRET = 'the-secret-of-the-mail-server-01';

let smtp: MailServer;
let tls: MailServer;
let plain: MailServer;
let silent: Awaited<ReturnType<typeof startSilentServer>>;
let host: TestHost;
let hanging: TestWorkspace;
let trusted: TestWorkspace;
let untrusted: TestWorkspace;
let wrong: TestWorkspace;
let open: TestWorkspace;
let unserved: TestWorkspace;

beforeAll(async () => {
  const onAuth: NonNullable<Parameters<typeof startMailServer>[0]>['onAuth'] = ({ username, password }, _session, done) =>
    password === PASSWORD ? done(null, { user: username }) : done(new Error(`535 no such password: ${password}`));
  [smtp, plain, silent] = await Promise.all([startMailServer(), startMailServer(), startSilentServer()]);
  tls = await startMailServer({ ...{ key, cert, authOptional: false, disabledCommands: [] }, onAuth });
  const local = { host: '127.0.0.1', requireTls: false };
  const encrypted = { host: 'localhost', port: tls.port, user: 'trato' };
  const from = { name: 'Müller & Söhne', address: 'service@shop.example' };
  const accounts = [
    {
      ...{ workspace: 'main', from, replyTo: 'answers@shop.example', returnPath: 'bounces@shop.example' },
      ...{ smtp: { ...local, port: smtp.port, timeoutMs: 5_000 }, inbound: { secret: SECRET } },
    },
    { workspace: 'test2', from, smtp: { ...local, port: silent.port, timeoutMs: 300 } },
    { workspace: 'test3', from, smtp: { ...encrypted, password: PASSWORD, ca: cert } },
    { workspace: 'test4', from, smtp: { ...encrypted, password: PASSWORD } },
    { workspace: 'test5', from, smtp: { ...encrypted, password: `${PASSWORD}-wrong`, ca: cert } },
    { workspace: 'test6', from, smtp: { host: '127.0.0.1', port: plain.port } },
  ];
  host = await createTestHost({ plugins: [{ plugin, config: { accounts } }] });
  for (const set of [
    (made: TestWorkspace) => (hanging = made),
    (made: TestWorkspace) => (trusted = made),
    (made: TestWorkspace) => (untrusted = made),
    (made: TestWorkspace) => (wrong = made),
    (made: TestWorkspace) => (open = made),
    (made: TestWorkspace) => (unserved = made),
  ]) {
    set(await host.secondWorkspace());
  }
});
afterAll(async () => {
  await host?.stop();
  await Promise.all([smtp?.stop(), tls?.stop(), plain?.stop(), silent?.stop()]);
});

const lastMail = () => smtp.arrived.at(-1)!;

describe('a mail', () => {
  it('says what the message says', async () => {
    const to = await customer(host, 'ada@example.org');
    const body = 'Grüße aus Köln 👋\n\nFrom the shop.\n.\nA line with a dot above.';
    const message = await sent(host, host, to.id, { subject: 'Ihr Paket – 日本語 🎁', body, html: '<p>Grüße <b>aus Köln</b> 👋</p>' });
    const { mail, from, to: recipients } = lastMail();
    const id = uuidOf(message.id);
    expect(mail.subject).toBe('Ihr Paket – 日本語 🎁');
    expect(mail.text?.trim()).toBe(body);
    expect(mail.html).toContain('<b>aus Köln</b> 👋');
    expect(mail.from?.value).toEqual([{ name: 'Müller & Söhne', address: 'service@shop.example' }]);
    expect([mail.to].flat()[0]?.value).toEqual([{ name: '', address: 'ada@example.org' }]);
    expect(mail.replyTo?.value[0]?.address).toBe('answers@shop.example');
    expect(mail.messageId).toBe(`<${id}@shop.example>`);
    expect(message.externalId).toBe(mail.messageId);
    expect(mail.headers.get('x-trato-message-id')).toBe(id);
    expect({ from, recipients }).toEqual({ from: `bounces+${id}@shop.example`, recipients: ['ada@example.org'] });
  });

  it('can have no header of its writer’s making', async () => {
    const to = await customer(host);
    const subject = 'Hello\r\nBcc: everybody@example.net\r\n\r\n<script>';
    await sent(host, host, to.id, { subject, body: '.\r\nQUIT\r\n.\r\nstill here' });
    const { mail, to: recipients, raw } = lastMail();
    expect(mail.subject).toBe('Hello Bcc: everybody@example.net <script>');
    expect(mail.bcc).toBeUndefined();
    expect(recipients).toEqual([to.address]);
    expect(raw).not.toMatch(/^bcc:/im);
    expect(mail.text).toContain('still here');
  });

  it('answers the customer’s last mail, under the subject of the conversation', async () => {
    const to = await customer(host);
    const asked = `Message-ID: <question-1@mail.example.org>\nFrom: ${to.address}\nSubject: Where is it?\n\nStill waiting.`;
    expect((await handOver(host, asked, { secret: SECRET })).status).toBe(201);
    const { customer: found } = await host.query(
      `query ($id: ID!) { customer(by: { id: $id }) { interactions(first: 1) { nodes { id } } } }`,
      {
        id: to.id,
      },
    );
    await sent(host, host, to.id, { subject: null, inReplyTo: found.interactions.nodes[0].id });
    expect(lastMail().mail).toMatchObject({ inReplyTo: '<question-1@mail.example.org>', subject: 'Re: Where is it?' });
    expect([lastMail().mail.references].flat()).toEqual(['<question-1@mail.example.org>']);
  });

  it('is not sent where the workspace has no account', async () => {
    const to = await customer(unserved);
    expect(await tried(host, unserved, await queue(unserved, to.id))).toMatchObject({
      status: 'FAILED',
      error: 'This workspace has no mail account.',
    });
  });
});

describe('a server', () => {
  it.each(['rcpt', 'data'] as const)('that is busy gets the mail again, as the same mail: %s', async (step) => {
    const to = await customer(host);
    const id = await queue(host, to.id);
    smtp.refuse(step, [451, 'come back later']);
    const seenBefore = smtp.seen.length;
    expect(await tried(host, host, id)).toMatchObject({
      status: 'QUEUED',
      attempts: 1,
      error: 'The mail server answered 451 come back later',
    });
    const message = await tried(host, host, id);
    expect(message).toMatchObject({ status: 'SENT', attempts: 2, error: null, externalId: lastMail().mail.messageId });
    expect(new Set(smtp.seen.slice(seenBefore))).toEqual(new Set([message.externalId]));
  });

  it.each([
    ['from', 552],
    ['rcpt', 550],
    ['data', 554],
  ] as const)('that refuses is believed: %s %i', async (step, code) => {
    const to = await customer(host);
    smtp.refuse(step, [code, '5.7.1 not for us']);
    expect(await tried(host, host, await queue(host, to.id))).toMatchObject({
      status: 'FAILED',
      attempts: 1,
      error: `The mail server answered ${code} 5.7.1 not for us`,
    });
    // The connection is as good as before.
    await sent(host, host, to.id);
  });

  it('that is away is tried again', async () => {
    const to = await customer(host);
    await smtp.stop();
    const id = await queue(host, to.id);
    const away = await tried(host, host, id);
    expect(away).toMatchObject({ status: 'QUEUED' });
    expect(away.error).toMatch(/^The mail server could not be used: .*ECONNREFUSED/);
    await smtp.start();
    expect(await tried(host, host, id)).toMatchObject({ status: 'SENT', attempts: 2 });
    expect(lastMail().to).toEqual([to.address]);
  });

  it('that says nothing is given up, and holds up nobody else', async () => {
    const slow = await queue(hanging, (await customer(hanging)).id);
    const quick = await queue(host, (await customer(host)).id);
    await host.retryNow();
    const given = await messageOf(hanging, slow);
    expect(given).toMatchObject({ status: 'QUEUED', attempts: 1 });
    expect(given.error).toMatch(/ETIMEDOUT|TIMEOUT/);
    expect((await messageOf(host, quick)).status).toBe('SENT');
  });
});

describe('encryption', () => {
  it('comes before the password, and the mail', async () => {
    const to = await customer(trusted);
    await sent(host, trusted, to.id);
    expect(tls.arrived.at(-1)).toMatchObject({ secure: true, user: 'trato', to: [to.address] });
  });

  it('by a certificate that nobody vouches for is none', async () => {
    const before = tls.arrived.length;
    const message = await tried(host, untrusted, await queue(untrusted, (await customer(untrusted)).id));
    expect(message).toMatchObject({ status: 'QUEUED', attempts: 1 });
    expect(message.error).toMatch(/SELF_SIGNED|UNABLE_TO/);
    expect(tls.arrived).toHaveLength(before);
  });

  it('that the server does not offer stops the mail', async () => {
    const message = await tried(host, open, await queue(open, (await customer(open)).id));
    expect(message.status).toBe('QUEUED');
    expect(message.error).toMatch(/^The mail server /);
    expect(plain.seen).toEqual([]);
  });
});

it('a password stays secret, also a wrong one, and keeps the mail waiting', async () => {
  const message = await tried(host, wrong, await queue(wrong, (await customer(wrong)).id));
  expect(message).toMatchObject({ status: 'QUEUED', error: 'The mail server does not let the account in (535).' });
  expect(JSON.stringify([message, host.logs])).not.toContain(PASSWORD);
  expect((await messageOf(wrong, message.id)).attempts).toBe(1);
});
