// Messages: sent over channels that somebody serves, tried again, reported on; received once, in the conversation they answer.
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inWorkspace } from '../../src/commands/system.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import type { MessageRow } from '../../src/db/models.ts';
import { PermanentFailure } from '../../src/lib/permanent-failure.ts';
import { encodeTypeId } from '../../src/lib/typeid.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { conversationClose, interactionRecord } from '../../src/modules/interactions/index.ts';
import {
  defineChannelProvider,
  eraseMessagesOf,
  type InboundMessage,
  messageSend,
  type OutboundMessage,
  receiveMessage,
  reportMessage,
  sendDue,
} from '../../src/modules/messages/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
let other: Database;
const handed: OutboundMessage[] = [];
let answer: (message: OutboundMessage) => Promise<{ externalId: string }>;
const accept = async ({ id }: OutboundMessage) => ({ externalId: `<${id}@mail>` });

beforeAll(async () => {
  domain = await createTestDomain();
  other = openDatabase(domain.db.url, { max: 3 });
  defineChannelProvider({
    ...{ provider: 'mail', channelKey: 'email', addressKind: 'EMAIL', addressSystem: '', timeoutMs: 300 },
    send: async (_call, message) => {
      handed.push(message);
      return answer(message);
    },
  });
});
afterEach(() => {
  handed.length = 0;
  answer = accept;
});
afterAll(async () => {
  await other?.close();
  await domain?.stop();
});
answer = accept;

let people = 0;
async function person(more: object = {}): Promise<{ id: string; email: string; ref: { id: string } }> {
  const email = `person${++people}@example.com`;
  const { id } = await domain.done(customerCreate, { displayName: 'Somebody', identities: [{ kind: 'EMAIL', value: email }], ...more });
  return { id, email, ref: { id: encodeTypeId('customer', id) } };
}
const send = async (customer: { id: string }, more: object = {}) =>
  (await domain.done(messageSend, { customer, channel: 'email', subject: 'Hello', body: 'Hi there', ...more })).id;
/** Sends until nothing is due soon, and nothing is on its way. */
async function sendAll(): Promise<void> {
  for (let left = await sendDue(domain.db, 'email'); left === 'more' || (left && left.getTime() < Date.now() + 1_000); )
    left = await sendDue(domain.db, 'email');
}
const read = async (id: string) =>
  (
    await domain.db.query<MessageRow & { error: string | null }>(sql`select status, attempts, error, external_id as "externalId",
      next_attempt_at as "nextAttemptAt", interaction_id as "interactionId", sent_at as "sentAt", settled_at as "settledAt", address
      from messages where id = ${id}::uuid`)
  )[0]!;
const eventsOf = async (id: string) =>
  (
    await domain.db.query<{ type: string; origin: string | null; data: { after: Record<string, unknown> } }>(
      sql`select type, origin, data from event_inbox where subject_id = ${id}::uuid order by id`,
    )
  ).map((event) => event);
const typesOf = async (id: string) => (await eventsOf(id)).map(({ type }) => type);
const makeDue = (id: string) => domain.db.execute(sql`update messages set next_attempt_at = now() where id = ${id}::uuid`);
const as = <T>(work: Parameters<typeof inWorkspace<T>>[2]) => domain.db.transaction((tx) => inWorkspace(tx, domain.workspaceId, work));
const receive = (message: Partial<InboundMessage> & { externalId: string }) =>
  as((ctx) => receiveMessage(ctx, 'mail', 'email', { from: { kind: 'EMAIL', value: 'stranger@example.org' }, body: 'Words', ...message }));
const conversationOf = async (interactionId: string) =>
  (await domain.db.query<{ id: string | null }>(sql`select conversation_id as id from interactions where id = ${interactionId}::uuid`))[0]!
    .id;

describe('sending', () => {
  it('records an outbound interaction, hands the message over once, and tells how far it is', async () => {
    const { id, email, ref } = await person();
    const message = await send(ref, { html: '<p>Hi</p>' });
    const { interactionId } = await read(message);
    const [interaction] = await domain.db.query(sql`select i.customer_id as id, i.direction, i.subject, i.body, k.key as kind
      from interactions i join interaction_kinds k on k.id = i.kind_id where i.id = ${interactionId}::uuid`);
    expect(interaction).toEqual({ id, direction: 'OUTBOUND', subject: 'Hello', body: 'Hi there', kind: 'email' });
    expect(await typesOf(interactionId)).toEqual(['interaction.recorded']);
    await sendAll();
    const words = { subject: 'Hello', body: 'Hi there', html: '<p>Hi</p>', inReplyTo: null, conversationId: null };
    expect(handed).toEqual([{ id: message, customerId: id, interactionId, address: email, ...words }]);
    expect(await read(message)).toMatchObject({ status: 'SENT', attempts: 1, externalId: `<${message}@mail>`, nextAttemptAt: null });
    const events = await eventsOf(message);
    expect(events.map(({ type, origin }) => [type, origin])).toEqual([
      ['message.queued', null],
      ['message.sent', 'plugin.mail'],
    ]);
    expect(JSON.stringify(events)).not.toContain('<p>');
    await sendAll();
    expect(handed).toHaveLength(1);
  });

  it('goes to the preferred address, or to another one of the customer', async () => {
    const { ref, email } = await person({
      identities: [
        { kind: 'EMAIL', value: `person${people + 1}@example.com` },
        { kind: 'EMAIL', value: 'Preferred@example.com', primary: true },
      ],
    });
    expect((await read(await send(ref))).address).toBe('preferred@example.com');
    expect((await read(await send(ref, { address: email.toUpperCase() }))).address).toBe(email);
    await sendAll();
  });

  it('refuses what cannot be sent, and leaves nothing behind', async () => {
    const { ref } = await person();
    const phoneOnly = await person({ identities: [] });
    const refused = async (input: object) =>
      (await domain.run(messageSend, { channel: 'email', body: 'Hi', ...input })).userErrors.map(
        ({ code, path }) => `${code} ${path.join('.')}`,
      );
    const [before] = await domain.db.query(sql`select count(*) from interactions`);
    expect(await refused({ customer: ref, channel: 'fax' })).toEqual(['CHANNEL_NOT_SERVED channel']);
    expect(await refused({ customer: ref, channel: 'nothing' })).toEqual(['NOT_FOUND channel']);
    expect(await refused({ customer: phoneOnly.ref })).toEqual(['NO_ADDRESS customer']);
    expect(await refused({ customer: ref, address: 'else@example.com' })).toEqual(['NOT_FOUND address']);
    expect(await refused({ customer: ref, address: 'nonsense' })).toEqual(['EMAIL_INVALID address']);
    expect(await refused({ customer: { identity: { kind: 'EMAIL', value: 'nobody@example.com' } } })).toEqual(['NOT_FOUND customer']);
    expect(await refused({ customer: ref, body: ' ' })).toEqual(['TOO_SHORT body']);
    expect(await domain.db.query(sql`select count(*) from interactions`)).toEqual([before]);
  });

  it('sends what has the same external reference once', async () => {
    const { ref } = await person();
    const externalRef = { system: 'shop', value: 'order-1' };
    const ids = await Promise.all([send(ref, { externalRef }), send(ref, { externalRef }), send(ref, { externalRef })]);
    expect(new Set(ids).size).toBe(1);
    const foreign = { system: 'shop', value: 'call-1' };
    await domain.done(interactionRecord, { customer: ref, kind: 'call', channel: 'phone', direction: 'INBOUND', externalRef: foreign });
    const { userErrors } = await domain.run(messageSend, { customer: ref, channel: 'email', body: 'Hi', externalRef: foreign });
    expect(userErrors).toMatchObject([{ code: 'DUPLICATE', path: ['externalRef'] }]);
    await sendAll();
    expect(handed).toHaveLength(1);
  });

  it('tries again with growing pauses under the same id, then gives up', async () => {
    const { ref } = await person();
    const message = await send(ref);
    answer = async () => {
      throw new Error('greylisted');
    };
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      await makeDue(message);
      await sendAll();
      const [row] = await domain.db.query<{ status: string; attempts: number; pause: number | null }>(sql`select status, attempts,
        round(extract(epoch from next_attempt_at - updated_at))::int as pause from messages where id = ${message}::uuid`);
      expect(row!.attempts).toBe(attempt);
      if (row!.status === 'QUEUED') pauses.push(row!.pause!);
    }
    // From the begin of the transaction, while the row is stamped by the clock of the command: as near as a busy machine allows.
    const told = [5, 60, 300, 1_800, 7_200];
    expect(pauses.map((pause, i) => (Math.abs(pause - told[i]!) < 4 ? told[i] : pause))).toEqual(told);
    expect(await read(message)).toMatchObject({ status: 'FAILED', error: 'greylisted', nextAttemptAt: null });
    expect(new Set(handed.map(({ id }) => id))).toEqual(new Set([message]));
    expect(handed).toHaveLength(6);
    expect(await typesOf(message)).toEqual(['message.queued', 'message.failed']);
  });

  it('gives up at once where it is of no use, and times out what hangs', async () => {
    const { ref } = await person();
    const [refused, hanging] = [await send(ref), await send(ref, { subject: 'hang' })];
    answer = ({ subject }) =>
      subject === 'hang' ? new Promise(() => undefined) : Promise.reject(new PermanentFailure('no such mailbox\0'));
    await sendAll();
    expect(await read(refused)).toMatchObject({ status: 'FAILED', attempts: 1, error: 'no such mailbox' });
    expect(await read(hanging)).toMatchObject({ status: 'QUEUED', attempts: 1, error: 'The provider did not answer within 300 ms.' });
    answer = accept;
    await makeDue(hanging);
    await sendAll();
    expect(await read(hanging)).toMatchObject({ status: 'SENT', error: null });
  });

  it('has one process at a time try a message, and another one take over when that one is gone', async () => {
    const { ref } = await person();
    const messages: string[] = [];
    for (let i = 0; i < 25; i++) messages.push(await send(ref));
    const both = async () => {
      for (let left: unknown[] = ['more']; left.includes('more'); )
        left = await Promise.all([sendDue(domain.db, 'email'), sendDue(other, 'email')]);
      await sendAll();
    };
    await both();
    expect(handed.map(({ id }) => id).sort()).toEqual([...messages].sort());
    // As if the process had died in a try: it is taken, and nobody says how it ended.
    const lost = await send(ref);
    await domain.db.execute(
      sql`update messages set attempts = 1, next_attempt_at = now() + interval '30 seconds' where id = ${lost}::uuid`,
    );
    handed.length = 0;
    await both();
    expect(handed).toEqual([]);
    await makeDue(lost);
    await both();
    expect(handed.map(({ id }) => id)).toEqual([lost]);
    expect(await read(lost)).toMatchObject({ status: 'SENT', attempts: 2 });
  });

  it('keeps going where a provider gives an id twice or none', async () => {
    const { ref } = await person();
    const [one, two, three] = [await send(ref), await send(ref), await send(ref)];
    answer = async ({ id }) => ({ externalId: id === three ? (undefined as never) : 'same' });
    await sendAll();
    const rows = await Promise.all([one, two, three].map(read));
    expect(rows.map(({ status }) => status)).toEqual(['SENT', 'SENT', 'SENT']);
    expect(rows.filter(({ externalId }) => externalId === 'same')).toHaveLength(1);
  });

  it('is reported on: delivered, then bounced, and nothing after that', async () => {
    const { ref } = await person();
    const message = await send(ref);
    const externalId = `<${message}@mail>`;
    const report = (status: 'DELIVERED' | 'BOUNCED' | 'FAILED', detail?: string) =>
      as((ctx) => reportMessage(ctx, 'mail', externalId, { status, ...(detail && { detail }) }));
    expect(await report('DELIVERED')).toBe(false);
    await sendAll();
    expect(await report('DELIVERED')).toBe(true);
    expect(await report('FAILED')).toBe(true);
    expect((await read(message)).status).toBe('DELIVERED');
    expect(await report('BOUNCED', 'mailbox full')).toBe(true);
    expect(await report('DELIVERED')).toBe(true);
    expect(await read(message)).toMatchObject({ status: 'BOUNCED', error: 'mailbox full' });
    const events = await eventsOf(message);
    expect(events.map(({ type }) => type)).toEqual(['message.queued', 'message.sent', 'message.delivered', 'message.bounced']);
    expect(events.at(-1)!.data.after).toEqual({ status: 'BOUNCED', error: 'mailbox full' });
    expect(await as((ctx) => reportMessage(ctx, 'elsewhere', externalId, { status: 'BOUNCED' }))).toBe(false);
  });
});

describe('receiving', () => {
  it('makes the customer, and takes in the same message once, however often at the same moment', async () => {
    const message = { externalId: '<1@theirs>', name: 'New Person', from: { kind: 'EMAIL', value: 'New@Example.org' } as const };
    const all = await Promise.all(Array.from({ length: 4 }, () => receive(message)));
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(all.map(({ interactionId }) => interactionId)).size).toBe(1);
    expect((await receive({ ...message, body: 'Other words' })).isNew).toBe(false);
    const rows = await domain.db.query(sql`select c.display_name as name, i.direction, i.body, i.external_system as system
      from interactions i join customers c on c.id = i.customer_id where i.external_id = '<1@theirs>'`);
    expect(rows).toEqual([{ name: 'New Person', direction: 'INBOUND', body: 'Words', system: 'mail' }]);
  });

  it('joins the conversation of what it answers, opens it again, and its answer says so', async () => {
    const { email, ref } = await person();
    const from = { kind: 'EMAIL', value: email } as const;
    const first = await receive({ externalId: '<a@theirs>', from, subject: 'Where is it?' });
    const thread = (await conversationOf(first.interactionId))!;
    const sent = await send(ref, { inReplyTo: encodeTypeId('interaction', first.interactionId) });
    await sendAll();
    expect(handed).toMatchObject([{ inReplyTo: '<a@theirs>', conversationId: thread }]);
    await domain.done(conversationClose, { id: encodeTypeId('conversation', thread) });
    const reply = await receive({ externalId: '<b@theirs>', from, inReplyTo: ['<unknown@x>', `<${sent}@mail>`] });
    expect(await conversationOf(reply.interactionId)).toBe(thread);
    expect(await typesOf(thread)).toEqual(['conversation.opened', 'conversation.closed', 'conversation.reopened']);
    const again = await receive({ externalId: '<c@theirs>', from, inReplyTo: ['<b@theirs>'] });
    expect(await conversationOf(again.interactionId)).toBe(thread);
  });

  it('begins a conversation with what was sent outside of any', async () => {
    const { email, ref } = await person();
    const sent = await send(ref);
    await sendAll();
    const reply = await receive({ externalId: '<d@theirs>', from: { kind: 'EMAIL', value: email }, inReplyTo: [`<${sent}@mail>`] });
    const thread = await conversationOf(reply.interactionId);
    expect(thread).not.toBeNull();
    const { interactionId } = await read(sent);
    expect(await conversationOf(interactionId)).toBe(thread);
    expect(await typesOf(interactionId)).toEqual(['interaction.recorded', 'interaction.corrected']);
  });

  it('does not let somebody else into a conversation', async () => {
    const { email } = await person();
    const theirs = await receive({ externalId: '<e@theirs>', from: { kind: 'EMAIL', value: email }, conversation: 'chat-1' });
    const intruder = await receive({ externalId: '<f@theirs>', inReplyTo: ['<e@theirs>'], conversation: 'chat-1' });
    expect(await conversationOf(intruder.interactionId)).not.toBe(await conversationOf(theirs.interactionId));
    const more = await receive({ externalId: '<g@theirs>', from: { kind: 'EMAIL', value: email }, conversation: 'chat-1' });
    expect(await conversationOf(more.interactionId)).toBe(await conversationOf(theirs.interactionId));
  });

  it('refuses what is no message, and cuts what is too long', async () => {
    await expect(receive({ externalId: '' })).rejects.toThrow('externalId');
    await expect(receive({ externalId: 'x', from: { kind: 'EMAIL', value: 'nonsense' } })).rejects.toThrow('EMAIL_INVALID');
    await expect(receive({ externalId: 'x', body: 7 as never })).rejects.toThrow('body');
    const { interactionId } = await receive({
      externalId: '<h@theirs>',
      subject: `a\0${'b'.repeat(900)}`,
      body: `${'c'.repeat(200_000)}`,
      occurredAt: new Date(Date.now() + 86_400_000),
      inReplyTo: ['\0', 'x'.repeat(9_000)],
    });
    const [row] = await domain.db.query(sql`select length(subject) as subject, length(body) as body, occurred_at <= now() as past
      from interactions where id = ${interactionId}::uuid`);
    expect(row).toEqual({ subject: 500, body: 100_000, past: true });
  });
});

it('messages go with the customer they were for', async () => {
  const { id, ref } = await person();
  const message = await send(ref);
  await domain.db.transaction((tx) => eraseMessagesOf(tx, domain.workspaceId, id));
  expect(await domain.db.query(sql`select 1 from messages where id = ${message}::uuid`)).toEqual([]);
});
