// Mail that comes in: answers, bounces, notes of absence.
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost, type TestWorkspace } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.ts';
import { type MailServer, startMailServer } from './testing/mail-server.ts';
import { reports } from './testing/reports.ts';
import { customer, handOver, interactionsOf, mailOf, messageOf, queue, type Signing, sent } from './testing/trato.ts';

const SECRET = 'the-secret-of-the-mail-server-01';
const OTHER_SECRET = 'the-secret-of-the-other-server-1';

let smtp: MailServer;
let host: TestHost;
let second: TestWorkspace;

beforeAll(async () => {
  smtp = await startMailServer();
  const account = {
    from: { name: 'Shop', address: 'service@shop.example' },
    returnPath: 'bounces@shop.example',
    smtp: { host: '127.0.0.1', port: smtp.port, requireTls: false },
  };
  const accounts = [
    { ...account, workspace: 'main', inbound: { secret: SECRET } },
    { ...account, workspace: 'test2', inbound: { secret: OTHER_SECRET } },
  ];
  host = await createTestHost({ plugins: [{ plugin, config: { accounts } }] });
  second = await host.secondWorkspace();
});
afterAll(async () => {
  await host?.stop();
  await smtp?.stop();
});

const give = (mail: string | Buffer, signing: Partial<Signing> = {}) => handOver(host, mail, { secret: SECRET, ...signing });

const COUNTS = '{ customers(first: 1) { totalCount(upTo: 1000) { value } } interactions(first: 1) { totalCount(upTo: 1000) { value } } }';
const counts = (by: Pick<TestWorkspace, 'query'> = host) => by.query(COUNTS);

describe('a letter', () => {
  it('comes in from somebody new, once', async () => {
    const address = 'somebody.new@example.org';
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const mail = mailOf(
      `=?utf-8?q?Ada_L=C3=B6velace?= <${address}>`,
      { Date: date, Subject: '=?utf-8?b?R3LDvMOfZQ==?=' },
      'Do you have this?',
    );
    expect(await give(mail)).toEqual({ status: 201, body: { outcome: 'RECORDED' } });
    const before = await counts();
    expect(await give(mail)).toEqual({ status: 200, body: { outcome: 'KNOWN' } });
    expect(await counts()).toEqual(before);
    const { customer: known } = await host.query('query ($by: CustomerRef!) { customer(by: $by) { id displayName } }', {
      by: { identity: { kind: 'EMAIL', value: address } },
    });
    expect(known.displayName).toBe('Ada Lövelace');
    expect(await interactionsOf(host, known.id)).toMatchObject([
      {
        direction: 'INBOUND',
        kind: { key: 'email' },
        subject: 'Grüße',
        body: 'Do you have this?',
        occurredAt: new Date(date).toISOString(),
      },
    ]);
  });

  it('that is handed over many times at once comes in once', async () => {
    const { id, address } = await customer(host);
    const mail = mailOf(address);
    const answers = await Promise.all([1, 2, 3, 4].map(() => give(mail)));
    expect(answers.map(({ status }) => status)).toContain(201);
    expect(await interactionsOf(host, id)).toHaveLength(1);
  });

  it('that answers joins the conversation, without what it quotes', async () => {
    const { id, address } = await customer(host);
    const { externalId } = await sent(host, host, id);
    const first = mailOf(address, { 'In-Reply-To': externalId }, 'Thank you!\n\nOn Monday, Shop wrote:\n> It is on its way.');
    await give(first);
    const [, answer] = await interactionsOf(host, id);
    expect(answer.body).toBe('Thank you!');
    // Some programs keep only the references; and an answer to the answer, too.
    const reference = answer.externalRef.value;
    await give(mailOf(address, { References: `<unknown@x>\n ${externalId}` }, 'One more thing.'));
    await give(mailOf(address, { References: `${externalId} ${reference}`, 'In-Reply-To': reference }, 'And another.'));
    const all = await interactionsOf(host, id);
    expect(all).toHaveLength(4);
    expect(new Set(all.map(({ conversation }: { conversation: { id: string } }) => conversation?.id)).size).toBe(1);
  });

  it('names what is attached, and HTML is read as text', async () => {
    const { id, address } = await customer(host);
    const body = `--b\nContent-Type: text/html; charset=utf-8\n\n<p>See <b>there</b></p><script>alert(1)</script>\n--b
Content-Type: application/pdf; name="bill\u202efdp.exe"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nQUJD\n--b--`;
    await give(mailOf(address, { 'Content-Type': 'multipart/mixed; boundary=b' }, body));
    const [{ body: kept }] = await interactionsOf(host, id);
    expect(kept).toMatch(/^See there\n\n\[Attached, and not kept: bill\s?fdp\.exe \(application\/pdf, 3 bytes\)\]$/);
  });

  it('of the company itself is no letter', async () => {
    const before = await counts();
    expect((await give(mailOf('Shop <Service@shop.example>'))).body).toEqual({ outcome: 'IGNORED', reason: 'OWN_MAIL' });
    expect(await counts()).toEqual(before);
  });

  it('that a list passed on in the company’s name is of whoever wrote it', async () => {
    const passedOn = { 'List-ID': '<service.shop.example>', Precedence: 'list' };
    const via = "'Ada L.' via Service <service@shop.example>";
    const writers: Record<string, string>[] = [{ 'X-Original-From': '"Ada L." <via1@example.org>' }, { 'Reply-To': 'via2@example.org' }];
    for (const [i, told] of writers.entries()) {
      expect((await give(mailOf(via, { ...passedOn, ...told }))).status).toBe(201);
      const by = { identity: { kind: 'EMAIL', value: `via${i + 1}@example.org` } };
      const { customer: known } = await host.query('query ($by: CustomerRef!) { customer(by: $by) { displayName } }', { by });
      expect(known).toEqual({ displayName: 'Ada L.' });
    }
    const own: Record<string, string>[] = [
      { 'Reply-To': 'Shop <Service@shop.example>' },
      { 'Reply-To': 'a@example.org, b@example.org' },
      {},
    ];
    for (const told of [...own, { 'Reply-To': 'via3@example.org', 'X-Trato-Message-Id': 'x' }])
      expect((await give(mailOf(via, { ...passedOn, ...told }))).body).toEqual({ outcome: 'IGNORED', reason: 'OWN_MAIL' });
    expect((await give(mailOf(via, { 'Reply-To': 'via4@example.org' }))).body.reason).toBe('OWN_MAIL');
  });

  it('goes to the workspace that it was handed to only', async () => {
    const { id, address } = await customer(host);
    const { externalId } = await sent(host, host, id);
    const answer = mailOf(address, { 'In-Reply-To': externalId });
    const before = await counts();
    expect((await give(answer, { workspace: 'test2', secret: OTHER_SECRET })).status).toBe(201);
    expect(await counts()).toEqual(before);
    expect((await counts(second)).interactions.totalCount.value).toBe(1);
    expect((await give(answer, { workspace: 'test2', secret: SECRET })).status).toBe(401);
  });
});

describe('a report', () => {
  it.each(['postfix', 'exchange', 'gmail', 'exim', 'qmail'] as const)('of %s that a mail came back is told', async (name) => {
    const { id } = await customer(host);
    const message = await sent(host, host, id);
    const before = await counts();
    const report = reports[name](message.externalId);
    expect(await give(report)).toEqual({ status: 200, body: { outcome: 'BOUNCED' } });
    const bounced = await messageOf(host, message.id);
    expect(bounced).toMatchObject({ status: 'BOUNCED', error: expect.stringMatching(/5\.[12]\.[12]/) });
    await give(report);
    expect(await messageOf(host, message.id)).toEqual(bounced);
    // A mail server is nobody's customer.
    expect(await counts()).toEqual(before);
  });

  it('without the mail’s id is known by its return path', async () => {
    const { id } = await customer(host);
    const message = await sent(host, host, id);
    const report = reports.postfix('<lost@elsewhere.example>').replace('To: service@shop.example', `To: ${smtp.arrived.at(-1)!.from}`);
    expect((await give(report)).body.outcome).toBe('BOUNCED');
    expect((await messageOf(host, message.id)).status).toBe('BOUNCED');
  });

  it('on a mail that waits or arrives is no bounce', async () => {
    const { id } = await customer(host);
    const message = await sent(host, host, id);
    expect((await give(reports.delayed(message.externalId))).body).toEqual({ outcome: 'IGNORED', reason: 'DELAYED' });
    expect((await give(reports.receipt(message.externalId))).body).toEqual({ outcome: 'IGNORED', reason: 'OTHER_REPORT' });
    expect((await messageOf(host, message.id)).status).toBe('SENT');
    expect((await give(reports.delivered(message.externalId))).body).toEqual({ outcome: 'DELIVERED' });
    expect((await messageOf(host, message.id)).status).toBe('DELIVERED');
  });

  it('that is faster than the note of sending comes again', async () => {
    const { id } = await customer(host);
    const queued = await queue(host, id);
    const report = reports.postfix(`<${uuidOf(queued)}@shop.example>`);
    expect((await give(report)).status).toBe(503);
    await host.drain();
    expect((await give(report)).body.outcome).toBe('BOUNCED');
  });

  it('on a mail of another workspace, or of nobody, changes nothing', async () => {
    const { id } = await customer(host);
    const message = await sent(host, host, id);
    const other = await give(reports.postfix(message.externalId), { workspace: 'test2', secret: OTHER_SECRET });
    expect(other.body).toEqual({ outcome: 'IGNORED', reason: 'UNKNOWN_MESSAGE' });
    expect((await messageOf(host, message.id)).status).toBe('SENT');
    expect((await give(reports.gmail('<nobody@shop.example>'))).body.reason).toBe('UNKNOWN_MESSAGE');
  });
});

describe('a note of absence', () => {
  const absence = { 'Auto-Submitted': 'auto-replied', Subject: 'Out of office' };

  it('is kept in the conversation, as what it is, and answers nothing', async () => {
    const { id, address } = await customer(host);
    await give(mailOf(address, { 'Message-ID': '<first-question@example.org>' }));
    const [question] = await interactionsOf(host, id);
    const { externalId } = await sent(host, host, id, { conversation: { id: question.conversation.id } });
    const note = mailOf(address, { ...absence, 'In-Reply-To': externalId }, 'I am away.');
    const arrivedBefore = smtp.arrived.length;
    const answers = [await give(note), await give(note)];
    expect(answers.map(({ body }) => body.outcome)).toEqual(['AUTOMATIC', 'AUTOMATIC']);
    const all = await interactionsOf(host, id);
    expect(all).toHaveLength(3);
    expect(all.at(-1)).toMatchObject({
      ...{ kind: { key: 'automatic_reply' }, outcome: 'auto-replied', subject: 'Out of office', body: 'I am away.' },
      conversation: { id: question.conversation.id },
    });
    // The next mail answers what the customer wrote.
    await sent(host, host, id, { conversation: { id: question.conversation.id } });
    expect(smtp.arrived.at(-1)?.mail.inReplyTo).toBe('<first-question@example.org>');
    expect(smtp.arrived).toHaveLength(arrivedBefore + 1);
  });

  it('makes nobody a customer', async () => {
    const before = await counts();
    expect((await give(mailOf('robot@example.net', absence))).body).toEqual({ outcome: 'IGNORED', reason: 'AUTOMATIC_OF_UNKNOWN' });
    expect((await give(mailOf('not-an-address', absence))).body.outcome).toBe('IGNORED');
    expect(await counts()).toEqual(before);
  });

  it('is not kept where its kind was archived', async () => {
    const { id, address } = await customer(host);
    await give(mailOf(address, absence));
    const { interactionKinds } = await host.query(
      '{ interactionKinds(first: 1, filter: { key: { eq: "automatic_reply" } }) { nodes { id } } }',
    );
    const change = (word: string) => `mutation ($id: ID!) { interactionKind${word}(input: { id: $id }) { userErrors { code } } }`;
    await host.query(change('Archive'), { id: interactionKinds.nodes[0].id });
    expect((await give(mailOf(address, absence))).body).toEqual({ outcome: 'IGNORED', reason: 'AUTOMATIC_NOT_WANTED' });
    await host.query(change('Restore'), { id: interactionKinds.nodes[0].id });
    expect(await interactionsOf(host, id)).toHaveLength(1);
  });
});

it('nothing that was written or secret stands in the log', () => {
  const logs = host.logs.join('\n');
  expect(logs).not.toMatch(/@example\.org|Out of office|Hello\./);
  for (const secret of [SECRET, OTHER_SECRET]) expect(logs).not.toContain(secret);
});
