import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { until } from '../../tests/support/eventually.ts';
import { type Database, openDatabase, RetryTransaction } from './database.ts';

let server: TestDatabase;
let db: Database;

beforeAll(async () => {
  server = await createEmptyDatabase();
  db = openDatabase(server.url);
  await db.execute(sql`create table t (id int primary key, n int not null)`);
  await db.execute(sql`insert into t values (1, 0), (2, 0)`);
});
afterAll(async () => {
  await db.close();
  await server.drop();
});

describe('transactions', () => {
  it('undo everything when they fail, and run callbacks only after a commit', async () => {
    const called: string[] = [];
    const failing = db.transaction(async (tx) => {
      tx.afterCommit(() => called.push('failed'));
      await tx.execute(sql`update t set n = 99`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await db.transaction(async (tx) => tx.afterCommit(() => called.push('done')));
    expect(called).toEqual(['done']);
    expect(await db.query(sql`select n from t`)).toEqual([{ n: 0 }, { n: 0 }]);
  });

  it('fail where a statement failed and somebody caught its error', async () => {
    const swallowing = db.transaction(async (tx) => {
      await tx.execute(sql`update t set n = 98`);
      await tx.query(sql`select 1 / 0`).catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await db.query(sql`select n from t`)).toEqual([{ n: 0 }, { n: 0 }]);
  });

  it('begin again after a deadlock and when told so', async () => {
    let meeting = 0;
    let meet: () => void = () => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const cross = (first: number, second: number) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`update t set n = n + 1 where id = ${first}`);
        if (++meeting === 2) meet();
        await both;
        await tx.execute(sql`update t set n = n + 1 where id = ${second}`);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await db.query(sql`select n from t order by id`)).toEqual([{ n: 2 }, { n: 2 }]);
    let runs = 0;
    await db.transaction(async () => {
      if (++runs < 5) throw new RetryTransaction();
    });
    expect(runs).toBe(5);
  });

  it('whose connection is cut reject, and the pool goes on', async () => {
    const cut = db.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await db.query(sql`select pg_terminate_backend(${row!.pid})`);
      await expect
        .poll(() =>
          tx.query(sql`select 1`).then(
            () => 'alive',
            () => 'cut',
          ),
        )
        .toBe('cut');
      await tx.query(sql`select 1`);
    });
    await expect(cut).rejects.toThrow();
    expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });
});

describe('a statement timeout', () => {
  it('stops statements that take too long, in and outside of transactions, and the connection goes on', async () => {
    const hasty = openDatabase(server.url, { max: 1, statementTimeoutMs: 500 });
    try {
      await expect(hasty.query(sql`select pg_sleep(20)`)).rejects.toMatchObject({ code: '57014' });
      const [before] = await hasty.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      const stopped = hasty.transaction(async (tx) => {
        await tx.execute(sql`update t set n = 99`);
        await tx.query(sql`select pg_sleep(20)`);
      });
      await expect(stopped).rejects.toMatchObject({ code: '57014' });
      expect(await hasty.query(sql`select pg_backend_pid() as pid, (select count(*)::int from t where n = 99) as changed`)).toEqual([
        { pid: before!.pid, changed: 0 },
      ]);
    } finally {
      await hasty.close();
    }
  });

  it('is none unless told', async () => {
    expect(await db.query(sql`show statement_timeout`)).toEqual([{ statement_timeout: '0' }]);
  });
});

describe('closing', () => {
  it('cuts a transaction that never ends, which rolls it back', async () => {
    const held = openDatabase(server.url, { closeGraceMs: 50 });
    let holding: (pid: number) => void;
    const pid = new Promise<number>((resolve) => {
      holding = resolve;
    });
    held
      .transaction(async (tx) => {
        await tx.execute(sql`update t set n = 77`);
        const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        holding(row!.pid);
        await new Promise(() => undefined);
      })
      .catch(() => undefined);
    const backend = await pid;
    await held.close();
    await until(async () => (await db.query(sql`select from pg_stat_activity where pid = ${backend}`)).length === 0);
    expect(await db.query(sql`select count(*)::int as changed from t where n = 77`)).toEqual([{ changed: 0 }]);
  });
});
