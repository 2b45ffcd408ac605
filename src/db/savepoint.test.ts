import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { type Database, openDatabase, type Transaction } from './database.ts';
import { inSavepoint } from './savepoint.ts';

let server: TestDatabase;
let db: Database;
beforeAll(async () => {
  server = await createEmptyDatabase();
  db = openDatabase(server.url);
  await db.execute(sql`create table parts (name text not null)`);
});
afterAll(async () => {
  await db.close();
  await server.drop();
});

const write = (tx: Transaction, name: string) => tx.execute(sql`insert into parts values (${name})`);
const failing = (tx: Transaction, name: string) =>
  inSavepoint(tx, async () => {
    await write(tx, name);
    throw new Error(name);
  });
const kept = async () => (await db.query<{ name: string }>(sql`delete from parts returning name`)).map(({ name }) => name);

test('a part that fails is undone alone, also where PostgreSQL refused a statement of it', async () => {
  await db.transaction(async (tx) => {
    await write(tx, 'before');
    await expect(failing(tx, 'undone')).rejects.toThrow('undone');
    await expect(inSavepoint(tx, () => tx.execute(sql`insert into parts values (null)`))).rejects.toMatchObject({ code: '23502' });
    expect(await inSavepoint(tx, () => write(tx, 'whole'))).toBe(1);
    await write(tx, 'after');
  });
  expect(await kept()).toEqual(['before', 'whole', 'after']);
});

test('a part that fails after one inside it failed is undone from its own beginning', async () => {
  await db.transaction(async (tx) => {
    await write(tx, 'before');
    const outer = inSavepoint(tx, async () => {
      await write(tx, 'outer');
      await failing(tx, 'inner').catch(() => undefined);
      await write(tx, 'outer, later');
      throw new Error('outer');
    });
    await expect(outer).rejects.toThrow('outer');
  });
  expect(await kept()).toEqual(['before']);
});

test('where the connection is lost, the error of the part is told', async () => {
  const lost = db.transaction((tx) =>
    inSavepoint(tx, async () => {
      await tx.query(sql`select pg_terminate_backend(pg_backend_pid())`);
    }),
  );
  await expect(lost).rejects.toThrow(/terminat|57P01/);
});
