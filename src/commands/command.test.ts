import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import { viewerWith } from '../../tests/support/viewers.ts';
import { RetryTransaction } from '../db/database.ts';
import { newId } from '../lib/typeid.ts';
import { defineCommand, RolledBack, runCommand } from './command.ts';
import { forgetOldKeys } from './idempotency.ts';
import { insertRows } from './rows.ts';
import { reject } from './user-errors.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain({ connections: 12 });
});
afterAll(() => domain?.stop());

type Input = { name: string; end?: 'refuse' | 'fail' | 'roll back' | undefined };
let runs = 0;

/** Adds a channel with an event, then does what it is told. */
const add = defineCommand<Input, { id: string }>({
  name: 'testAdd',
  description: 'For tests.',
  permission: 'channels:write',
  input: z.strictObject({ name: z.string().min(2), end: z.enum(['refuse', 'fail', 'roll back']).optional() }),
  run: async (ctx, { name, end }) => {
    runs++;
    const id = newId();
    await insertRows(ctx.tx, 'Channel', [{ workspaceId: ctx.workspaceId, id, key: `k${id}`, name }]);
    ctx.emit({ type: 'channel.created', subjectType: 'Channel', subjectId: id, customerId: null, data: { after: { name } } });
    if (end === 'refuse') reject('NO', 'No.', ['name', 0]);
    if (end === 'fail') throw new Error('broken');
    if (end === 'roll back') throw new RolledBack({ id });
    return { id };
  },
});

const call = (input: unknown, more: object = {}) =>
  runCommand({ db: domain.db, viewer: domain.viewer, requestId: 'r1', ...more }, add, input);
async function traces(name: string): Promise<[channels: number, events: number]> {
  const [row] = await domain.db.query<{
    channels: bigint;
    events: bigint;
  }>(sql`select (select count(*) from channels where name = ${name}) as channels,
    (select count(*) from event_inbox where data -> 'after' ->> 'name' = ${name}) as events`);
  return [Number(row!.channels), Number(row!.events)];
}

describe('a command', () => {
  test('writes its rows and events together', async () => {
    expect(await call({ name: 'both' })).toEqual({ result: { id: expect.any(String) }, userErrors: [] });
    expect(await traces('both')).toEqual([1, 1]);
    const [event] = await domain.db.query(
      sql`select type, request_id, actor_kind, workspace_id from event_inbox where data -> 'after' ->> 'name' = 'both'`,
    );
    expect(event).toEqual({ type: 'channel.created', request_id: 'r1', actor_kind: 'SYSTEM', workspace_id: domain.workspaceId });
  });

  test('that refuses, fails or is rolled back has changed nothing', async () => {
    expect(await call({ name: 'refused', end: 'refuse' })).toEqual({
      result: null,
      userErrors: [{ code: 'NO', message: 'No.', path: ['name', '0'] }],
    });
    await expect(call({ name: 'failed', end: 'fail' })).rejects.toThrow('broken');
    expect(await call({ name: 'rolled', end: 'roll back' })).toEqual({ result: { id: expect.any(String) }, userErrors: [] });
    for (const name of ['refused', 'failed', 'rolled']) expect(await traces(name)).toEqual([0, 0]);
  });

  test('is not begun for bad input or without the permission', async () => {
    const before = runs;
    expect((await call({ name: 'x', colour: 'red' })).userErrors.map(({ code, path }) => [code, path])).toEqual([
      ['TOO_SHORT', ['name']],
      ['UNKNOWN_FIELD', []],
    ]);
    expect((await call({ name: 5 })).userErrors.map(({ code, path }) => [code, path])).toEqual([['WRONG_TYPE', ['name']]]);
    await expect(call({ name: 'denied' }, { viewer: viewerWith(domain.viewer, { permissions: ['channels:read'] }) })).rejects.toThrow(
      'channels:write',
    );
    expect(runs).toBe(before);
  });

  test('that met another transaction is run again, with events of the last run only', async () => {
    let attempts = 0;
    const retried = defineCommand<Input, { id: string }>({
      ...add,
      run: async (ctx, input) => {
        const made = await add.run(ctx, input);
        if (++attempts < 3) throw new RetryTransaction('again');
        return made;
      },
    });
    await runCommand({ db: domain.db, viewer: domain.viewer, requestId: 'r' }, retried, { name: 'retried' });
    expect([attempts, await traces('retried')]).toEqual([3, [1, 1]]);
  });
});

describe('with an idempotency key', () => {
  test('a repeat answers the first result and does nothing', async () => {
    const first = await call({ name: 'once' }, { idempotencyKey: 'k1' });
    expect(await call({ name: 'once' }, { idempotencyKey: 'k1' })).toEqual(first);
    expect(await traces('once')).toEqual([1, 1]);
  });

  test('twenty at once are one', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call({ name: 'crowd' }, { idempotencyKey: 'k2' })));
    expect(new Set(answers.map((answer) => answer.result!.id)).size).toBe(1);
    expect(await traces('crowd')).toEqual([1, 1]);
  });

  test('another input, or another command, is refused', async () => {
    await call({ name: 'first' }, { idempotencyKey: 'k3' });
    await expect(call({ name: 'second' }, { idempotencyKey: 'k3' })).rejects.toMatchObject({
      extensions: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const other = { ...add, name: 'testOther' };
    await expect(
      runCommand({ db: domain.db, viewer: domain.viewer, requestId: 'r', idempotencyKey: 'k3' }, other, { name: 'first' }),
    ).rejects.toMatchObject({ extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  test('only successes are kept: what failed may be mended and sent again', async () => {
    expect((await call({ name: 'mended', end: 'refuse' }, { idempotencyKey: 'k4' })).result).toBeNull();
    await expect(call({ name: 'mended', end: 'fail' }, { idempotencyKey: 'k4' })).rejects.toThrow('broken');
    await call({ name: 'mended', end: 'roll back' }, { idempotencyKey: 'k4' });
    expect((await call({ name: 'mended' }, { idempotencyKey: 'k4' })).result).not.toBeNull();
    expect(await traces('mended')).toEqual([1, 1]);
  });

  test('the key belongs to the credential, and is free after a day', async () => {
    const other = { ...domain.viewer, credentialId: newId() };
    const [one, two] = [
      await call({ name: 'keys' }, { idempotencyKey: 'k5' }),
      await call({ name: 'keys' }, { idempotencyKey: 'k5', viewer: other }),
    ];
    expect(one.result).not.toEqual(two.result);
    await domain.db.execute(
      sql`update idempotency_records set created_at = now() - interval '25 hours' where key = 'k5' and credential_id = ${domain.viewer.credentialId}::uuid`,
    );
    expect((await call({ name: 'other' }, { idempotencyKey: 'k5' })).userErrors).toEqual([]);
    await domain.db.execute(sql`update idempotency_records set created_at = now() - interval '25 hours'`);
    expect(await forgetOldKeys(domain.db)).toBeGreaterThan(3);
  });
});
