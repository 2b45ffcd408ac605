import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import type { BulkRow, BulkSink } from '../../commands/bulk.ts';
import { rowError } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { applyTraceless } from './traceless.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
  await domain.db.execute(sql`create table marks (mark int not null)`);
});
afterAll(() => domain?.stop());

/** Writes a mark and an event for every row, then refuses those told; answers what is left of it. */
async function run(rows: number[], refuse: (value: number, all: number[]) => boolean) {
  const told: string[] = [];
  const rejected = new Set<number>();
  const sink: BulkSink = {
    done: (index, status, id) => told.push(`${index} ${status} ${id}`),
    reject: (index) => {
      rejected.add(index);
      told.push(`${index} REJECTED`);
    },
    isRejected: (index) => rejected.has(index),
  };
  const apply = async (ctx: CommandContext, some: BulkRow<number>[], into: BulkSink) => {
    const all = some.map((row) => row.value);
    for (const { index, value } of some) {
      await ctx.tx.execute(sql`insert into marks (mark) values (${value})`);
      ctx.emit({ type: 'mark.made', subjectType: 'Mark', subjectId: String(value), customerId: null, data: {} });
      if (refuse(value, all)) into.reject(index, rowError('NO', 'No.', []));
      else into.done(index, 'CREATED', String(value));
    }
  };
  const emitted: string[] = [];
  const marks = await domain.db.transaction(async (tx) => {
    const ctx: CommandContext = {
      tx,
      viewer: domain.viewer,
      workspaceId: domain.workspaceId,
      now: new Date(),
      requestId: 'r',
      permission: 'interactions:write',
      emit: (event) => emitted.push(event.subjectId),
    };
    await applyTraceless(
      ctx,
      rows.map((value, index) => ({ index, value })),
      sink,
      apply,
    );
    const left = await tx.query<{ mark: number }>(sql`delete from marks returning mark`);
    return left.map((row) => row.mark);
  });
  return { told, emitted, marks };
}

test('refused rows leave neither rows nor events, the others are told once', async () => {
  expect(await run([1, 2, 3, 4], (value) => value % 2 === 0)).toEqual({
    told: ['1 REJECTED', '3 REJECTED', '0 CREATED 1', '2 CREATED 3'],
    emitted: ['1', '3'],
    marks: [1, 3],
  });
  expect(await run([1, 2], () => false)).toEqual({ told: ['0 CREATED 1', '1 CREATED 2'], emitted: ['1', '2'], marks: [1, 2] });
  expect(await run([1, 2], () => true)).toEqual({ told: ['0 REJECTED', '1 REJECTED'], emitted: [], marks: [] });
});

test('a row that is refused only once another is gone is refused then', async () => {
  const needsFour = (value: number, all: number[]) => value === 4 || (value === 3 && !all.includes(4));
  expect(await run([1, 3, 4], needsFour)).toEqual({ told: ['2 REJECTED', '1 REJECTED', '0 CREATED 1'], emitted: ['1'], marks: [1] });
});
