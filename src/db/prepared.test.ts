import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { type Database, openDatabase } from './database.ts';
import { createStatementNames } from './prepared.ts';

describe('names of statements', () => {
  it('are given to texts that come back, and stay', () => {
    const names = createStatementNames();
    expect(names.nameOf('a')).toBeUndefined();
    const name = names.nameOf('a');
    expect(name).toMatch(/^trato_\d+$/);
    expect(names.nameOf('b')).toBeUndefined();
    expect(names.nameOf('a')).toBe(name);
    expect(names.nameOf('b')).not.toBe(name);
  });

  it('are few: the one that was unused for longest gives way, and is never given again', () => {
    const names = createStatementNames({ most: 2 });
    const give = (text: string) => names.nameOf(text) ?? names.nameOf(text);
    const [a, b] = [give('a'), give('b')];
    names.nameOf('a'); // b is now the one unused for longest
    const c = give('c');
    expect(names.nameOf('a')).toBe(a);
    expect(names.nameOf('b')).toBeUndefined();
    expect(new Set([a, b, c, give('b')]).size).toBe(4);
  });

  it('go to no very long text', () => {
    const names = createStatementNames();
    for (let i = 0; i < 3; i++) expect(names.nameOf('x'.repeat(50_001))).toBeUndefined();
  });

  it('go to no text of a crowd that never comes back', () => {
    const names = createStatementNames({ seen: 10 });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20; i++) expect(names.nameOf(`text ${i}`)).toBeUndefined();
    }
  });
});

describe('connections', () => {
  let server: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    server = await createTestDatabase();
    db = openDatabase(server.url, { max: 1 });
  });
  afterAll(async () => {
    await db.close();
    await server.drop();
  });

  const prepared = async () =>
    (await db.query<{ name: string }>({ text: 'select name from pg_prepared_statements', values: [] })).map((row) => row.name);

  it('prepare what comes back, and forget what lost its name', async () => {
    const ask = (n: number) => db.query<{ n: number }>({ text: `select ${n} + $1::int as n`, values: [1], prepared: true });
    await ask(0);
    expect(await prepared()).toEqual([]);
    expect(await ask(0)).toEqual([{ n: 1 }]);
    expect(await prepared()).toHaveLength(1);
    const [first] = await prepared();
    for (let n = 1; n <= 210; n++) {
      await ask(n);
      expect(await ask(n)).toEqual([{ n: n + 1 }]);
    }
    const kept = await prepared();
    expect(kept.length).toBeLessThanOrEqual(201); // the last to lose its name goes with the next query
    expect(kept).not.toContain(first);
    expect(await ask(0)).toEqual([{ n: 1 }]);
  });

  it('that were not asked to prepare anything do not', async () => {
    const before = (await prepared()).length;
    for (let i = 0; i < 3; i++) await db.query({ text: 'select 7 as n', values: [] });
    expect((await prepared()).length).toBe(before);
  });
});
