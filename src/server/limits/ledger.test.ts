// Budgets in a real PostgreSQL, with several pools in the part of several processes.
import { randomUUID } from 'node:crypto';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { defaultLimits } from '../../graphql/limits.ts';
import { openAccount } from './account.ts';
import { createBudgets } from './budgets.ts';
import { createLedger } from './ledger.ts';

let drop: () => Promise<void>;
let databases: Database[] = [];

beforeAll(async () => {
  const server = await createTestDatabase();
  drop = server.drop;
  databases = [openDatabase(server.url, { max: 4 }), openDatabase(server.url, { max: 4 })];
});
afterAll(async () => {
  for (const db of databases) await db.close();
  await drop?.();
});

const someone = () => ({ workspaceId: randomUUID(), credentialId: randomUUID() });
const still = { capacity: 1_000, restore: 1e-9 };

test('points are drawn all or not at all, and come back with time up to the capacity', async () => {
  const who = someone();
  const ledger = createLedger(databases[0]!, who, { capacity: 1_000, restore: 100 });
  expect(await ledger.level()).toBe(1_000);
  expect(await ledger.draw(900)).toBe(100);
  expect(await ledger.draw(900)).toBeNull();
  await databases[0]!.execute(
    sql`update credential_budgets set restored_at = restored_at - interval '5 seconds' where workspace_id = ${who.workspaceId}::uuid`,
  );
  const left = (await ledger.draw(50))!;
  expect(left).toBeGreaterThanOrEqual(550);
  expect(left).toBeLessThan(800);
  await ledger.giveBack(10_000);
  expect(await ledger.level()).toBe(1_000);
});

test('a clock that went back takes nothing away and gives nothing', async () => {
  const who = someone();
  const ledger = createLedger(databases[0]!, who, { capacity: 1_000, restore: 100 });
  await ledger.draw(600);
  await databases[0]!.execute(
    sql`update credential_budgets set restored_at = restored_at + interval '1 hour' where workspace_id = ${who.workspaceId}::uuid`,
  );
  expect(await ledger.draw(100)).toBe(300);
  expect(await ledger.level()).toBe(300);
});

test('processes that draw at once never draw more than there is', async () => {
  const who = someone();
  const ledgers = databases.map((db) => createLedger(db, who, still));
  const drawn = await Promise.all(Array.from({ length: 60 }, (_, i) => ledgers[i % 2]!.draw(30)));
  expect(drawn.filter((left) => left !== null)).toHaveLength(33);
  expect(await ledgers[0]!.level()).toBeCloseTo(10, 3);
});

test('two processes spend one budget to its end, and hand back what they have not spent', async () => {
  const who = someone();
  const accounts = databases.map((db) => openAccount({ ...still, ledger: createLedger(db, who, still), slice: 100 }));
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => accounts[i % 2]!.take(9)));
  expect(outcomes).toEqual(Array(100).fill(true));
  let more = 0;
  for (let i = 0; i < 40; i++) if ((await accounts[i % 2]!.take(9)) === true) more++;
  expect(more).toBeLessThanOrEqual(11);
  expect(more).toBeGreaterThanOrEqual(9); // what is left is in two slices, neither of which need be a multiple of 9
  for (const account of accounts) await account.close();
  expect(await createLedger(databases[0]!, who, still).level()).toBeCloseTo(1_000 - 900 - more * 9, 3);
});

test('idle accounts hand back their slice and are forgotten; system viewers have none of their own', async () => {
  const who = someone();
  const budgets = createBudgets(databases[0]!, { ...defaultLimits, costBudget: 1_000, costRestore: 1 }, { idleMs: 20 });
  const viewer = { ...who } as never;
  const account = budgets.accountOf(viewer, '');
  expect(budgets.accountOf(viewer, '')).toBe(account);
  await account.take(10);
  await expect.poll(() => createLedger(databases[1]!, who, { capacity: 1_000, restore: 1 }).level()).toBeGreaterThanOrEqual(990);
  expect(budgets.accountOf(viewer, '')).not.toBe(account);
  expect(budgets.accountOf(null, '10.0.0.1')).toBe(budgets.accountOf(null, '10.0.0.1'));
  expect(budgets.accountOf(null, '10.0.0.1')).not.toBe(budgets.accountOf(null, '10.0.0.2'));
  await budgets.stop();
});
