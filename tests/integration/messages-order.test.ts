// Messages to one customer over one channel leave in their order, one at a time; they are taken back and sent again.
import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { PermanentFailure } from '../../src/lib/permanent-failure.ts';
import { encodeTypeId } from '../../src/lib/typeid.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { claimDue, nextDue } from '../../src/modules/messages/claim.ts';
import {
  type ChannelProvider,
  defineChannelProvider,
  messageCancel,
  messageRetry,
  messageSend,
  type OutboundMessage,
  sendDue,
} from '../../src/modules/messages/index.ts';
import { settle } from '../../src/modules/messages/settle.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;
let other: Database;
const handed: OutboundMessage[] = [];
const accept = async ({ id }: OutboundMessage) => ({ externalId: `<${id}@mail>` });
let answer = accept;
const provider: ChannelProvider = {
  ...{ provider: 'mail', channelKey: 'email', addressKind: 'EMAIL', addressSystem: '', timeoutMs: 20_000 },
  send: async (_call, message) => {
    handed.push(message);
    return answer(message);
  },
};

beforeAll(async () => {
  domain = await createTestDomain();
  other = openDatabase(domain.db.url, { max: 4 });
  defineChannelProvider(provider);
});
afterEach(async () => {
  handed.length = 0;
  answer = accept;
  await domain.db.execute(sql`delete from messages`);
});
afterAll(async () => {
  await other?.close();
  await domain?.stop();
});

let people = 0;
async function person(): Promise<{ id: string; ref: { id: string } }> {
  const email = `person${++people}@example.com`;
  const { id } = await domain.done(customerCreate, { displayName: 'Somebody', identities: [{ kind: 'EMAIL', value: email }] });
  return { id, ref: { id: encodeTypeId('customer', id) } };
}
const send = async (customer: { id: string }, body: string) => (await domain.done(messageSend, { customer, channel: 'email', body })).id;
const bodies = () => handed.map(({ body }) => body);
const failing = (...which: string[]) => {
  answer = (message) => (which.includes(message.body) ? Promise.reject(new Error('greylisted')) : accept(message));
};
async function sendAll(): Promise<void> {
  for (let left = await sendDue(domain.db, 'email'); left === 'more' || (left && left.getTime() < Date.now() + 600); )
    left = await sendDue(domain.db, 'email');
}
const makeDue = (id: string) => domain.db.execute(sql`update messages set next_attempt_at = now() where id = ${id}::uuid`);
type Read = { status: string; attempts: number; error: string | null; at: Date | null; version: number };
const read = async (id: string) =>
  (
    await domain.db.query<Read>(sql`select status, attempts, error, next_attempt_at as at, version from messages where id = ${id}::uuid`)
  )[0]!;
const typesOf = async (id: string) =>
  (await domain.db.query<{ type: string }>(sql`select type from event_inbox where subject_id = ${id}::uuid order by id`)).map(
    ({ type }) => type,
  );
const ref = (id: string) => encodeTypeId('message', id);
const cancel = async (id: string, more: object = {}) =>
  (await domain.run(messageCancel, { id: ref(id), ...more })).userErrors.map(({ code }) => code).join();
const retry = async (id: string) => (await domain.run(messageRetry, { id: ref(id) })).userErrors.map(({ code }) => code).join();

/** A provider that answers when it is told to. */
function gate(): { open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  answer = async (message) => {
    await promise;
    return accept(message);
  };
  return { open: resolve };
}

describe('order', () => {
  it('is kept where the first one fails, and holds up nobody else', async () => {
    const [ann, bob] = [await person(), await person()];
    const first = await send(ann.ref, 'first');
    for (const body of ['second', 'third']) await send(ann.ref, body);
    await send(bob.ref, 'to bob');
    failing('first');
    await sendAll();
    expect(bodies()).toEqual(['first', 'to bob']);
    // The worker sleeps until the first one is due, neither less nor longer.
    expect(await nextDue(domain.db, provider)).toEqual((await read(first)).at);
    answer = accept;
    await makeDue(first);
    await sendAll();
    expect(bodies()).toEqual(['first', 'to bob', 'first', 'second', 'third']);
    expect(await nextDue(domain.db, provider)).toBeNull();
  });

  it('lets the next one go at once when one is given up', async () => {
    const { ref } = await person();
    for (const body of ['first', 'second']) await send(ref, body);
    answer = (message) => (message.body === 'first' ? Promise.reject(new PermanentFailure('no such mailbox')) : accept(message));
    await sendAll();
    expect(bodies()).toEqual(['first', 'second']);
  });

  it('is kept by two processes: one that another is taking at this moment is there, though it is locked', async () => {
    const { ref } = await person();
    const [first, second] = [await send(ref, 'first'), await send(ref, 'second')];
    await other.transaction(async (tx) => {
      await tx.query(sql`select from messages where id = ${first}::uuid for no key update`);
      expect(await claimDue(domain.db, provider, 10)).toEqual([]);
    });
    await makeDue(second);
    expect((await claimDue(domain.db, provider, 10)).map(({ id }) => id)).toEqual([first]);
    await makeDue(second);
    expect(await claimDue(domain.db, provider, 10)).toEqual([]);
  });

  it('wakes the next one although a claim is just putting it off', async () => {
    const { ref } = await person();
    const [first, second] = [await send(ref, 'first'), await send(ref, 'second')];
    const [claimed] = await claimDue(domain.db, provider, 10);
    await makeDue(second);
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    // What `claimDue` does with the second one, stretched: it stands until settling waits for it.
    await other.transaction(async (tx) => {
      await tx.query(sql`select from messages where id = ${second}::uuid for no key update`);
      const settling = settle(domain.db, 'mail', claimed!, { externalId: 'x' }).then(resolve);
      await vi.waitFor(
        async () => {
          const waiting = await domain.db.query(sql`select from pg_locks where not granted`);
          expect(waiting.length).toBeGreaterThan(0);
        },
        { timeout: 10_000 },
      );
      await tx.execute(sql`update messages set next_attempt_at = now() + interval '1 hour' where id = ${second}::uuid`);
      void settling;
    });
    await settled;
    expect((await read(first)).status).toBe('SENT');
    expect((await claimDue(domain.db, provider, 10)).map(({ id }) => id)).toEqual([second]);
  });

  it('does not walk a long line again and again', async () => {
    const [ann, bob] = [await person(), await person()];
    const first = await send(ann.ref, 'first');
    const [like] = [await send(ann.ref, 'long')];
    // 400 more behind it, due before anything else.
    await domain.db.execute(sql`
      with i as (insert into interactions select (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), 'external_id', null))).*
          from interactions i, generate_series(1, 400) where i.id = (select interaction_id from messages where id = ${like}::uuid) returning id)
      insert into messages select (jsonb_populate_record(m, jsonb_build_object('id', overlay(i.id::text placing 'ffff' from 1 for 4),
          'interaction_id', i.id, 'next_attempt_at', now() - interval '1 hour'))).* from messages m, i where m.id = ${like}::uuid`);
    await send(bob.ref, 'to bob');
    failing('first');
    await sendAll();
    expect(bodies()).toEqual(['first', 'to bob']);
    // All of it is out of the way until the first one is due, which comes before all others.
    const { at } = await read(first);
    const [row] = await domain.db.query(sql`select count(*)::int as n from messages where status = 'QUEUED' and next_attempt_at <= ${at}`);
    expect(row).toEqual({ n: 1 });
  });

  it('holds whatever fails and whoever sends', async () => {
    const everybody = [await person(), await person(), await person()];
    const fates = fc.constantFrom('sent', 'sent', 'late', 'refused');
    const lines = fc.array(fc.record({ to: fc.nat(2), fate: fates }), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lines, async (line) => {
        await domain.db.execute(sql`delete from messages`);
        const [busy, tried, log] = [new Set<string>(), new Set<string>(), [] as { to: string; body: string }[]];
        const broken: string[] = [];
        answer = async (message) => {
          if (busy.has(message.customerId)) broken.push(`two at once: ${message.body}`);
          busy.add(message.customerId);
          log.push({ to: message.customerId, body: message.body });
          await new Promise((resolve) => setImmediate(resolve));
          busy.delete(message.customerId);
          const fate = message.body.split(' ')[1];
          if (fate === 'refused') throw new PermanentFailure('no');
          if (fate === 'late' && !tried.has(message.id) && tried.add(message.id)) throw new Error('not yet');
          return accept(message);
        };
        for (const [n, { to, fate }] of line.entries()) await send(everybody[to]!.ref, `${n} ${fate}`);
        const drain = async (db: Database) => {
          for (let n = 1, rounds = 0; n > 0 && rounds < 300; rounds++) {
            await sendDue(db, 'email');
            await db.execute(sql`update messages set next_attempt_at = now() where status = 'QUEUED' and error is not null`);
            [{ n }] = (await db.query<{ n: number }>(sql`select count(*)::int as n from messages where status = 'QUEUED'`)) as [
              { n: number },
            ];
          }
        };
        await Promise.all([drain(domain.db), drain(other)]);
        expect(broken).toEqual([]);
        for (const [to, { id }] of everybody.entries()) {
          const told = log.filter((one) => one.to === id).map(({ body }) => body);
          const due = line.flatMap((one, n) => (one.to === to ? Array(one.fate === 'late' ? 2 : 1).fill(`${n} ${one.fate}`) : []));
          expect(told).toEqual(due);
        }
      }),
      { numRuns: 6 },
    );
  });
});

describe('taking back', () => {
  it('cancels what waits, keeps its interaction, and lets the next one go', async () => {
    const { ref } = await person();
    const [first, second] = [await send(ref, 'first'), await send(ref, 'second')];
    failing('first');
    await sendAll();
    expect(await cancel(first, { expectedVersion: 7 })).toBe('VERSION_CONFLICT');
    expect(await cancel(first, { expectedVersion: (await read(first)).version })).toBe('');
    expect(await read(first)).toMatchObject({ status: 'CANCELLED', at: null, error: 'greylisted' });
    await sendAll();
    expect(bodies()).toEqual(['first', 'second']);
    expect([await cancel(first), await cancel(second)]).toEqual(['MESSAGE_SETTLED', 'MESSAGE_SETTLED']);
    expect(await typesOf(first)).toEqual(['message.queued', 'message.cancelled']);
    const kept = await domain.db.query(
      sql`select from interactions i join messages m on m.interaction_id = i.id where m.id = ${first}::uuid and i.body = 'first'`,
    );
    expect(kept).toHaveLength(1);
    expect(await cancel(await send(ref, 'never tried'))).toBe('');
  });

  it('refuses what is on its way, and tells the truth of one that was taken for dead', async () => {
    const { ref } = await person();
    const message = await send(ref, 'slow');
    const { open } = gate();
    const sending = sendDue(domain.db, 'email');
    await vi.waitFor(() => expect(bodies()).toEqual(['slow']), { timeout: 10_000 });
    expect([await cancel(message), await retry(message)]).toEqual(['MESSAGE_UNDER_WAY', 'MESSAGE_UNDER_WAY']);
    // As if its time were over: nobody knows of it any more.
    await makeDue(message);
    expect(await cancel(message)).toBe('');
    open();
    await sending;
    await vi.waitFor(async () => expect((await read(message)).status).toBe('SENT'), { timeout: 10_000 });
    expect(await typesOf(message)).toEqual(['message.queued', 'message.cancelled', 'message.sent']);
  });

  it('is under way in its second attempt too', async () => {
    const { ref } = await person();
    const message = await send(ref, 'first');
    failing('first');
    await sendAll();
    await makeDue(message);
    await claimDue(domain.db, provider, 10);
    expect(await cancel(message)).toBe('MESSAGE_UNDER_WAY');
  });
});

describe('sending again', () => {
  it('sends what was given up or waits at once, its attempts anew', async () => {
    const { ref } = await person();
    const message = await send(ref, 'first');
    failing('first');
    await sendAll();
    expect(await retry(message)).toBe('');
    expect(await read(message)).toMatchObject({ status: 'QUEUED', attempts: 0, error: null });
    await domain.db.execute(sql`update messages set attempts = 5 where id = ${message}::uuid`);
    await sendAll();
    expect(await read(message)).toMatchObject({ status: 'FAILED', attempts: 6 });
    answer = accept;
    expect(await retry(message)).toBe('');
    await sendAll();
    expect(await read(message)).toMatchObject({ status: 'SENT', attempts: 1, error: null });
    expect(await typesOf(message)).toEqual(['message.queued', 'message.queued', 'message.failed', 'message.queued', 'message.sent']);
    const [event] = await domain.db.query(
      sql`select data from event_inbox where subject_id = ${message}::uuid and type = 'message.queued' order by id desc limit 1`,
    );
    expect(event).toEqual({ data: { before: { status: 'FAILED', attempts: 6 }, after: { status: 'QUEUED', attempts: 0 } } });
    expect(await retry(message)).toBe('MESSAGE_SETTLED');
    const taken = await send(ref, 'taken back');
    await cancel(taken);
    expect(await retry(taken)).toBe('MESSAGE_SETTLED');
  });

  it('waits for a later one that is on its way', async () => {
    const { ref } = await person();
    const first = await send(ref, 'first');
    answer = () => Promise.reject(new PermanentFailure('no'));
    await sendAll();
    await send(ref, 'second');
    const [second] = await claimDue(domain.db, provider, 10);
    expect(await retry(first)).toBe('');
    expect(await claimDue(other, provider, 10)).toEqual([]);
    // It looks again soon: nobody wakes it.
    expect(await nextDue(domain.db, provider)).toEqual((await read(first)).at);
    await settle(domain.db, 'mail', second!, { error: new Error('not yet') });
    await makeDue(first);
    expect((await claimDue(other, provider, 10)).map(({ id }) => id)).toEqual([first]);
  });

  it('does nothing to what was not tried yet, and refuses what nobody would send', async () => {
    const { ref } = await person();
    const message = await send(ref, 'first');
    expect(await retry(message)).toBe('');
    expect(await typesOf(message)).toEqual(['message.queued']);
    await domain.db.execute(sql`update messages set provider = 'gone', attempts = 1, error = 'x' where id = ${message}::uuid`);
    expect(await retry(message)).toBe('CHANNEL_NOT_SERVED');
  });
});

it('keeps 500 characters of what a provider says, and none of what is no text', async () => {
  const said: unknown[] = [`${'x'.repeat(499)}😀`, { no: 'text' }, ''];
  const messages: string[] = [];
  for (const [n] of said.entries()) messages.push(await send((await person()).ref, `${n}`));
  answer = ({ body }) => Promise.reject(Object.assign(new PermanentFailure('x'), { message: said[Number(body)] }));
  await sendAll();
  const errors = (await Promise.all(messages.map(read))).map(({ error }) => error);
  expect(errors).toEqual([`${'x'.repeat(499)}\uFFFD`, 'It failed without a reason.', 'It failed without a reason.']);
});
