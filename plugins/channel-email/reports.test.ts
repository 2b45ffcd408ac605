// What is read in mails, without a server: reports, marks of machines, history.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { automaticOf } from './automatic.ts';
import { bodyOf } from './body.ts';
import { withoutHistory } from './history.ts';
import { readMail } from './mail.ts';
import { idsOfReturnPaths, returnPathOf } from './message-ids.ts';
import { reportOf } from './reports.ts';
import { failureOf } from './smtp.ts';
import { reports } from './testing/reports.ts';

const ID = '<0199f0aa-1111-7222-8333-444455556666@shop.example>';
const read = (text: string) => readMail(Buffer.from(text.replaceAll('\n', '\r\n')));

describe('a report', () => {
  it.each([
    ['postfix', 'BOUNCED', '550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown'],
    ['exchange', 'BOUNCED', '554 5.2.2 mailbox full; STOREDRV'],
    ['gmail', 'BOUNCED', '550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking'],
    ['exim', 'BOUNCED', '550 5.1.1 No such user here'],
    ['qmail', 'BOUNCED', 'Hi. This is the qmail-send program'],
    ['delayed', 'DELAYED', '4.4.1 connect to mail.example.org'],
    ['delivered', 'DELIVERED', ''],
    ['receipt', 'OTHER', ''],
  ] as const)('of %s is read: %s', async (name, news, detail) => {
    for (const written of [reports[name](ID), reports[name](ID).replaceAll('\n', '\r\n')]) {
      const report = reportOf(await readMail(Buffer.from(written)));
      expect(report?.news).toBe(news);
      expect(report?.detail).toContain(detail);
      expect(report?.about[0]).toBe(ID);
    }
  });

  it('is about the mail that it returns, not about those before it in the conversation', async () => {
    const earlier = '<0199f0aa-9999-7222-8333-444455556666@shop.example>';
    const threaded = (id: string) =>
      reports.postfix(id).replace('Auto-Submitted', `In-Reply-To: ${id}\nReferences: ${earlier} ${id}\nAuto-Submitted`);
    expect(reportOf(await read(threaded(ID)))?.about).toEqual([ID]);
    expect(reportOf(await read(threaded('<written-by-hand@shop.example>')))?.about).toEqual([]);
  });

  it('names the message also where a relay gave the mail another Message-ID', async () => {
    const report = reports
      .postfix('<0100018c@email.amazonses.example>')
      .replace('References: <earlier', `X-Trato-Message-Id: ${ID.slice(1, 37)}\nReferences: <earlier`);
    expect(reportOf(await read(report))).toMatchObject({ news: 'BOUNCED', messages: [ID.slice(1, 37)] });
  });

  it('is none where a person sends it on', async () => {
    const text = `From: ada@example.org\nMessage-ID: <a@b>\nContent-Type: multipart/mixed; boundary=x\n
--x\n\nLook what came back.\n--x\nContent-Type: message/rfc822\n\n${reports.postfix(ID)}\n--x--\n`;
    const mail = await read(text);
    expect(reportOf(mail)).toBeNull();
    expect(bodyOf(mail, 'cut')).toMatch(/^Look what came back\.\n\n\[Attached, and not kept: .*message\/rfc822/);
  });
});

describe('HTML', () => {
  const html = (type: string, parts: string[]) =>
    read(`From: a@example.org\nContent-Type: ${type}; boundary=x\n\n${parts.map((part) => `--x\n${part}\n`).join('')}--x--\n`);
  const part = (text: string, type = 'text/html') => `Content-Type: ${type}; charset=utf-8\n\n${text}`;

  it('is read where there is no text', async () => {
    expect((await html('multipart/related', [part('<p>Hé &amp; <i>ho</i></p>')])).text.trim()).toBe('Hé & ho');
    expect((await html('multipart/alternative', [part('<p>only</p>')])).text.trim()).toBe('only');
    const both = await html('multipart/mixed', [part('<p>written</p>'), part('a footer', 'text/plain')]);
    expect(both.text).toMatch(/written\s+a footer/);
    expect((await html('multipart/alternative', [part('plain', 'text/plain'), part('<p>rich</p>')])).text.trim()).toBe('plain');
  });

  it('is not read where it is too much, and that is told', async () => {
    const much = '<p>a</p>'.repeat(20_000);
    const mail = await html('multipart/mixed', [part('plain', 'text/plain'), ...Array.from({ length: 20 }, () => part(much))]);
    expect(bodyOf(mail, 'cut')).toBe('plain\n\n[Its HTML could not be read as text.]');
    expect((await html('multipart/alternative', [part('plain', 'text/plain'), part(much)])).unread).toBe(false);
  });
});

describe('a mail of a machine', () => {
  it.each([
    ['Auto-Submitted: auto-replied', 'auto-replied'],
    ['Auto-Submitted: auto-generated; type=vacation', 'auto-generated'],
    ['X-Autoreply: yes', 'auto-replied'],
    ['Precedence: bulk', 'auto-generated'],
    ['Return-Path: <>', 'auto-generated'],
    ['Auto-Submitted: no', null],
    ['Precedence: list', null],
    ['X-Nothing: x', null],
  ])('is told by its headers: %s', async (header, how) => {
    expect(automaticOf(await read(`From: ada@example.org\n${header}\n\nI am away.`))).toBe(how);
  });
});

describe('history', () => {
  const cases: [string, string, string][] = [
    ['quoted lines at the end', 'Yes, please.\n\nOn Mon, 16 Nov 2026, Shop <a@b> wrote:\n> Shall we?\n> Yes?\n', 'Yes, please.'],
    ['an attribution in two lines', 'Ja.\n\nAm Montag, dem 16. November 2026 um 10:00 Uhr\nschrieb Shop <a@b>:\n> Sollen wir?', 'Ja.'],
    [
      'an attribution broken before the address',
      'Yes.\n\nOn Mon, Nov 16, 2026 at 9:59 AM Shop Ltd.\n<a@b.example> wrote:\n\n> Shall we?',
      'Yes.',
    ],
    [
      'what Outlook on the web quotes',
      'Ja.\n\n________________________________\nVon: Shop <a@b>\nGesendet: Montag\nBetreff: x\n\nShall we?',
      'Ja.',
    ],
    ['a line alone', 'Hi.\n________________________________\nAda\nFrom: here', 'Hi.\n________________________________\nAda\nFrom: here'],
    [
      'what was passed on',
      'Look!\n\n---------- Forwarded message ---------\nFrom: c@d\n\nNo.',
      'Look!\n\n---------- Forwarded message ---------\nFrom: c@d\n\nNo.',
    ],
    ['a mail below a line', 'Yes.\n\n-----Original Message-----\nFrom: Shop\nSubject: x\n\nShall we?', 'Yes.'],
    ['answers between quoted lines', '> Shall we?\nYes.\n> When?\nNow.', '> Shall we?\nYes.\n> When?\nNow.'],
    ['words below the quoted lines', 'Hi.\n> Shall we?\n\nAda', 'Hi.\n> Shall we?\n\nAda'],
    ['nothing but history', '> Shall we?\n', '> Shall we?'],
    ['no history', 'She wrote:\nnothing.', 'She wrote:\nnothing.'],
  ];
  it.each(cases)('is cut where it is at the end only: %s', (_what, text, rest) => {
    expect(withoutHistory(text)).toBe(rest);
  });

  it.each(['Fwd: x', 'FW: x', 'WG: x', 'Re: x'])('of a mail that is passed on is what it is about: %s', async (subject) => {
    const text = 'See below.\n\n-----Original Message-----\nFrom: carrier@example.net\n\nIt is lost.';
    const mail = await read(`From: ada@example.org\nSubject: ${subject}\nIn-Reply-To: <what-they-wrote@example.net>\n\n${text}\n`);
    expect(bodyOf(mail, 'cut')).toBe(subject.startsWith('Re') ? 'See below.' : text);
  });

  it('never takes everything, and adds nothing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '',
            '> a',
            'On x wrote:',
            '-----Original Message-----',
            '<a@b> wrote:',
            '______________',
            'From: b',
            'b',
            '  > c',
            'schrieb:',
          ),
        ),
        (lines) => {
          const text = lines.join('\n');
          const rest = withoutHistory(text);
          expect(text).toContain(rest);
          expect(rest === '').toBe(text.trim() === '');
        },
      ),
    );
  });
});

describe('a return path', () => {
  const account = { from: { address: 'service@shop.example' }, returnPath: 'Bounces@mail.shop.example' } as never;
  it('is found again where it stands', () => {
    const id = ID.slice(1, 37);
    const path = returnPathOf(account, id);
    expect(path).toBe(`Bounces+${id}@mail.shop.example`);
    expect(idsOfReturnPaths(account, `"x" <${path.toUpperCase()}>, other+${id}@mail.shop.example`)).toEqual([id]);
    expect(idsOfReturnPaths(account, `bounces+${id}@other.example`)).toEqual([]);
  });
});

describe('a failure', () => {
  it.each([
    [{ command: 'RCPT TO', responseCode: 550, response: '550 no\r\nX: y' }, 'PermanentFailure', 'The mail server answered 550 no X: y'],
    [{ command: 'MAIL FROM', responseCode: 530, response: '530 sign in' }, 'Error', 'The mail server answered 530 sign in'],
    [{ command: 'DATA', responseCode: 421, response: '421 closing' }, 'Error', 'The mail server answered 421 closing'],
    [
      { command: 'AUTH PLAIN', code: 'EAUTH', responseCode: 535, response: '535 hunter2' },
      'Error',
      'The mail server does not let the account in (535).',
    ],
    [{ command: 'EHLO', responseCode: 554, response: '554 go away' }, 'Error', 'The mail server is not ready (554).'],
    [{ command: 'CONN', code: 'ESOCKET', originalCode: 'ECONNRESET' }, 'Error', 'The mail server could not be used: ESOCKET, ECONNRESET.'],
    [{ command: 'API', code: 'EENVELOPE' }, 'PermanentFailure', 'The mail cannot be sent to this server'],
  ])('is final only where the server speaks of the mail: %o', (failure, name, message) => {
    const error = failureOf(Object.assign(new Error('hunter2'), failure));
    expect(error.name).toBe(name);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('hunter2');
  });
});
