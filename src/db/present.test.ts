import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { createEmptyDatabase } from '../../tests/support/database.ts';
import { openDatabase } from './database.ts';
import { presentSql } from './present.ts';

test('what is noted as due now is due at once, however its column rounds', async () => {
  const server = await createEmptyDatabase();
  const db = openDatabase(server.url);
  try {
    await db.execute(sql`create table moments (at timestamptz(3) not null)`);
    // One in two moments is rounded up; a plain now() finds them late, so forty of them would all have to fall the other way.
    for (let round = 0; round < 40; round += 1) {
      const later = await db.transaction(async (tx) => {
        await tx.execute(sql`insert into moments (at) values (now())`);
        return tx.query(sql`select at from moments where at > ${presentSql}`);
      });
      expect(later).toEqual([]);
    }
  } finally {
    await db.close();
    await server.drop();
  }
});
