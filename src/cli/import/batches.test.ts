import { describe, expect, it } from 'vitest';
import type { Batch } from './batches.ts';
import { batchesOf, batchLimits } from './batches.ts';
import { START } from './decoded.ts';
import type { Pass } from './mapping.ts';
import { compileMapping } from './mapping.ts';
import type { SourceRecord } from './records.ts';

const pass = compileMapping(
  { passes: [{ into: 'users', where: { skip: { present: false } }, row: { name: '$name', age: { $column: 'age', as: 'integer' } } }] },
  'm',
).passes[0] as Pass;

const record = (number: number, values: Record<string, unknown> | undefined): SourceRecord => {
  const base = { number, line: number + 1, bytes: 10, end: { offset: number * 10, line: number + 2, record: number } };
  return values ? { ...base, values } : { ...base, problem: { code: 'BROKEN_QUOTES', message: 'm', path: [] }, raw: 'r' };
};
async function batches(records: SourceRecord[], limits: object = {}, group = 7, tell = true): Promise<Batch[]> {
  async function* groups() {
    for (let at = 0; at < records.length; at += group) yield records.slice(at, at + group);
  }
  const all: Batch[] = [];
  for await (const batch of batchesOf(groups(), pass, { ...batchLimits(3), ...limits }, START, 0, tell)) all.push(batch);
  return all;
}
const good = (count: number) => Array.from({ length: count }, (_, index) => record(index + 1, { name: `n${index + 1}` }));

describe('batchesOf', () => {
  it('cuts by rows, whatever the groups', async () => {
    const one = await batches(good(8), {}, 2);
    expect(one.map((batch) => [batch.number, batch.rows.length, batch.end.record])).toEqual([
      [0, 3, 3],
      [1, 3, 6],
      [2, 2, 8],
    ]);
    expect(await batches(good(8), {}, 100)).toEqual(one);
  });
  it('cuts by the size of the request, and rejects a row that no request can hold', async () => {
    const records = [...good(2), record(3, { name: 'x'.repeat(60) }), record(4, { name: 'x'.repeat(200) }), record(5, { name: 'y' })];
    const cut = await batches(records, { requestBytes: 90, rows: 100 });
    expect(cut.map(({ rows }) => rows.length)).toEqual([2, 2]);
    expect(cut[1]?.rejected).toMatchObject([{ record: { number: 4 }, problems: [{ code: 'ROW_TOO_LARGE' }] }]);
  });
  it('keeps account of what is skipped and what is rejected', async () => {
    const [batch] = await batches([
      record(1, { name: 'a', age: 'old' }),
      record(2, undefined),
      record(3, { name: 'b', skip: 'x' }),
      record(4, { name: 'c' }),
    ]);
    expect(batch).toMatchObject({
      read: 4,
      skipped: 1,
      rows: [{ name: 'c' }],
      rejected: [{ problems: [{ code: 'INVALID_INTEGER', path: ['age'] }] }, { problems: [{ code: 'BROKEN_QUOTES' }] }],
    });
    const [later] = await batches([record(1, undefined), record(2, { name: 'c' })], {}, 7, false);
    expect(later).toMatchObject({ skipped: 1, rejected: [] });
  });
  it('rejects texts that no database holds, and nothing that only looks like them', async () => {
    const [batch] = await batches([record(1, { name: 'a\0b' }), record(2, { name: '\ud800' }), record(3, { name: 'a\\u0000 \u0001' })]);
    expect(batch?.rejected.map(({ problems }) => [problems[0]?.code, problems[0]?.path])).toEqual([
      ['INVALID_TEXT', ['name']],
      ['INVALID_TEXT', ['name']],
    ]);
    expect(batch?.rows).toEqual([{ name: 'a\\u0000 \u0001' }]);
  });
  it('bounds what it holds where nothing is sent', async () => {
    const skipped = Array.from({ length: 130 }, (_, index) => record(index + 1, { name: 'a', skip: 'x' }));
    expect((await batches(skipped)).map(({ read }) => read)).toEqual([60, 60, 10]);
    const broken = Array.from({ length: 7 }, (_, index) => record(index + 1, undefined));
    expect((await batches(broken)).map(({ rejected }) => rejected.length)).toEqual([3, 3, 1]);
    expect((await batches(good(5), { sourceBytes: 20 })).map(({ read }) => read)).toEqual([2, 2, 1]);
  });
});
