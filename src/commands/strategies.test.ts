import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import type { Transaction } from '../db/database.ts';
import { askStrategy, defineStrategy, isStrategy, type Strategy, type StrategyCall, strategiesOf } from './strategies.ts';

let domain: TestDomain;
let end = () => {};
const warnings: object[] = [];
beforeAll(async () => {
  domain = await createTestDomain();
  await domain.db.execute(sql`create table notes (note text primary key)`);
});
afterEach(() => {
  end();
  warnings.length = 0;
});
afterAll(() => domain?.stop());

const log = { warn: (fields: object) => void warnings.push(fields) };

/** What a strategy answers, and what a transaction that writes before and after it leaves behind. */
async function asking(strategy: Strategy<'OWNER_ASSIGNMENT'>) {
  end = defineStrategy('OWNER_ASSIGNMENT', 'test.one', strategy, log);
  const left = await domain.db.transaction(async (tx: Transaction) => {
    await tx.execute(sql`insert into notes values ('before')`);
    const answered = await askStrategy({ tx, workspaceId: domain.workspaceId, now: new Date() }, 'OWNER_ASSIGNMENT', 'test.one', {
      customerId: null,
    });
    await tx.execute(sql`insert into notes values ('after')`);
    const [limit] = await tx.query<{ ms: string }>(sql`select current_setting('statement_timeout') as ms`);
    return { answered, limit: limit!.ms };
  });
  const notes = await domain.db.query<{ note: string }>(sql`delete from notes returning note`);
  return { ...left, notes: notes.map(({ note }) => note).sort() };
}

const USER = '01a20636-d7b8-752d-a4c8-70211a7cbd06';
const whole = { limit: '0', notes: ['after', 'before'] };

test('an answer is given, and what the strategy wrote is taken back', async () => {
  const found = await asking(async ({ db }) => {
    await db.execute(sql`insert into notes values ('own')`);
    return USER;
  });
  expect(found).toEqual({ ...whole, answered: { answer: USER } });
  expect(warnings).toEqual([]);
});

test('a statement that fails does not fail the transaction, and is told without its values', async () => {
  const found = await asking(async ({ db }) => {
    await db.query(sql`select ${'secret@example.com'}::int`);
    return USER;
  });
  expect(found).toEqual({ ...whole, answered: null });
  expect(warnings).toEqual([{ strategy: 'test.one', kind: 'OWNER_ASSIGNMENT', reason: '22P02' }]);
});

test('a statement that hangs is ended, and whoever comes late finds the door shut', async () => {
  let call: StrategyCall | undefined;
  const found = await asking(async (given) => {
    call = given;
    await given.db.query(sql`select pg_sleep(60)`);
    return USER;
  });
  expect(found).toEqual({ ...whole, answered: null });
  expect(call!.signal.aborted).toBe(true);
  await expect(call!.db.query(sql`select 1`)).rejects.toThrow('not awaited');
});

test('answers of the wrong form are none', async () => {
  for (const answer of ['nobody', 7, {}, `${USER}'`]) {
    expect((await asking(async () => answer as never)).answered).toBeNull();
    end();
  }
  expect(warnings).toHaveLength(4);
});

test('names are told by kind, and taken once', () => {
  end = defineStrategy('LEAD_SCORE', 'test.two', async () => new Map());
  expect(strategiesOf('LEAD_SCORE')).toEqual(['test.two']);
  expect([isStrategy('LEAD_SCORE', 'test.two'), isStrategy('IDENTITY_MATCH', 'test.two')]).toEqual([true, false]);
  expect(() => defineStrategy('LEAD_SCORE', 'test.two', async () => new Map())).toThrow('twice');
  end();
  expect(strategiesOf('LEAD_SCORE')).toEqual([]);
});
