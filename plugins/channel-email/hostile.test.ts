// Mail that means harm, and requests that are not what they say.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';
import { type MailServer, startMailServer } from './testing/mail-server.ts';
import { customer, handOver, interactionsOf, mailOf, type Signing, sent, signedHeaders } from './testing/trato.ts';

const SECRET = 'the-secret-of-the-mail-server-01';
const OLD_SECRET = 'the-secret-that-is-exchanged-001';
const OTHER_SECRET = 'the-secret-of-the-other-server-1';

let smtp: MailServer;
let host: TestHost;

beforeAll(async () => {
  smtp = await startMailServer();
  const account = { from: { address: 'service@shop.example' }, smtp: { host: '127.0.0.1', port: smtp.port, requireTls: false } };
  const accounts = [
    { ...account, workspace: 'main', inbound: { secret: [SECRET, OLD_SECRET] } },
    { ...account, workspace: 'nowhere', inbound: { secret: OTHER_SECRET } },
    { ...account, workspace: 'silent' },
  ];
  host = await createTestHost({ plugins: [{ plugin, config: { accounts } }] });
});
afterAll(async () => {
  await host?.stop();
  await smtp?.stop();
});

let bad = 0;
const give = (mail: string | Buffer, signing: Partial<Signing> = {}) => handOver(host, mail, { secret: SECRET, ...signing });

describe('a hostile mail', () => {
  const deep = (levels: number) => {
    const open = Array.from({ length: levels }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`).join('');
    return `Message-ID: <deep-${levels}@example.org>\nFrom: deep@example.org\nMIME-Version: 1.0\n${open}Content-Type: text/plain\n\nDown here.\n`;
  };
  const head = (more: string) => `From: bad${++bad}@example.org\nMessage-ID: <bad-${++bad}@example.org>\n${more}`;

  it.each<[string, () => string | Buffer, number]>([
    ['empty', () => '', 400],
    ['no mail', () => '\n\nhello', 400],
    ['bytes', () => Buffer.from([0xff, 0xfe, 0, 1, 2, 13, 10]), 400],
    ['nested a bit', () => deep(50), 201],
    ['nested deeply', () => deep(5_000), 400],
    ['many parts', () => head(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(5_000)}--b--`), 400],
    ['huge headers', () => head(`X-Long: ${'x'.repeat(300_000)}\n\nHello.`), 400],
    ['many headers', () => head(`${'X-Many: y\n'.repeat(20_000)}\nHello.`), 400],
    ['many references', () => head(`References: ${'<a@b> '.repeat(1_000)}\n\nHello.`), 201],
    ['an id with a line break', () => head('In-Reply-To: <a\n\tb@c>\n\nHello.'), 201],
    ['no sound id', () => 'From: ada@example.org\nMessage-ID: <a b\u0007@c>\n\nHello.', 201],
    ['an endless line', () => head(`\n${'>'.repeat(400_000)}`), 201],
    [
      'a bad encoding',
      () => head('Content-Type: text/plain; charset=no-such-set\nContent-Transfer-Encoding: base64\n\n!!!!====\u00ff'),
      201,
    ],
    [
      'UTF-16 with halves of characters',
      () => head('Subject: =?utf-16le?b?PdgA2D3Y?=\nContent-Type: text/plain; charset=utf-16le\n\n\ud83d'),
      201,
    ],
    ['a subject cut in a character', () => head(`Subject: ${'x'.repeat(499)}👋👋\n\n${'y'.repeat(94_999)}👋👋`), 201],
    ['NUL', () => head('Subject: a\0b\n\nc\0d'), 201],
    ['HTML that is nested deeply', () => head(`Content-Type: text/html\n\n${'<b>'.repeat(50_000)}x`), 201],
    ['nobody as its sender', () => 'Message-ID: <x@y>\nSubject: z\n\nHello.', 200],
    ['no address as its sender', () => 'Message-ID: <x2@y>\nFrom: "x" <nobody>\n\nHello.', 200],
    ['a prototype as a header', () => head('__proto__: x\nconstructor: y\n\nHello.'), 201],
  ])('does no harm: %s', async (_what, mail, status) => {
    const answer = await give(mail());
    expect(answer).toMatchObject({ status });
  });

  it('cannot write headers by its subject or its id', async () => {
    const { id, address } = await customer(host);
    await give(mailOf(address, { 'Message-ID': '<x@y>\tBcc: a@b', Subject: '=?utf-8?q?Hi=0D=0ABcc:_everybody@example.net?=' }));
    const [{ conversation }] = await interactionsOf(host, id);
    await sent(host, host, id, { conversation: { id: conversation.id }, subject: null });
    const { mail, to } = smtp.arrived.at(-1)!;
    expect(mail.bcc).toBeUndefined();
    expect(to).toEqual([address]);
    expect(mail.subject).toMatch(/^Re: Hi\s+Bcc/);
  });

  it('of more than ten million bytes is refused', async () => {
    expect((await give(Buffer.alloc(10_000_001, 'x'))).status).toBe(413);
  });
});

describe('a request', () => {
  const mail = () => mailOf('ada@example.org');
  it.each<[string, Partial<Signing> | (() => Partial<Signing>)]>([
    ['signed with another secret', { secret: 'x'.repeat(32) }],
    ['signed with the secret of another account', { secret: OTHER_SECRET }],
    ['signed badly', { signature: 'sha256=00' }],
    ['too old', () => ({ timestamp: Math.floor(Date.now() / 1000) - 330 })],
    ['from the future', () => ({ timestamp: Math.floor(Date.now() / 1000) + 330 })],
    ['without a time', { timestamp: '' }],
    ['for a workspace that does not exist', { workspace: 'nowhere', secret: OTHER_SECRET }],
    ['for an account that does not exist', { workspace: 'unknown' }],
    ['for an account that takes in nothing', { workspace: 'silent' }],
  ])('is refused: %s', async (_what, signing) => {
    expect((await give(mail(), typeof signing === 'function' ? signing() : signing)).status).toBe(401);
  });

  it('is refused without a signature, or with that of another mail', async () => {
    const path = '/plugins/channel-email/inbound/main';
    expect((await host.http('POST', path, { body: mail() })).status).toBe(401);
    const headers = signedHeaders(Buffer.from(mail()), { secret: SECRET });
    expect((await host.http('POST', path, { headers, body: mail() })).status).toBe(401);
  });

  it('is taken with the secret that is being exchanged', async () => {
    expect((await give(mail(), { secret: OLD_SECRET })).status).toBe(201);
  });
});

it('a mail server can hand over by deliver.mjs', async () => {
  const deliver = async (mail: string, env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('deliver.mjs', import.meta.url))], {
      env: { TRATO_EMAIL_URL: `${host.origin}/plugins/channel-email/inbound/main`, TRATO_EMAIL_SECRET: SECRET, ...env },
    });
    child.stdin.end(mail);
    const [code] = await once(child, 'close');
    return code;
  };
  const { id, address } = await customer(host);
  const codes = await Promise.all([
    deliver(mailOf(address)),
    deliver(''),
    deliver(mailOf(address), { TRATO_EMAIL_SECRET: 'wrong' }),
    deliver(mailOf(address), { TRATO_EMAIL_URL: 'http://127.0.0.1:1/' }),
  ]);
  expect(codes).toEqual([0, 65, 75, 75]);
  expect(await interactionsOf(host, id)).toHaveLength(1);
});
