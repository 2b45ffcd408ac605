import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import type { CustomerRow } from '../db/models.ts';
import { newId } from '../lib/typeid.ts';
import type { CommandContext } from './command.ts';
import { allColumns, changesOf, insertRows, lockRows, writeChanges, writeManyChanges } from './rows.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain?.stop());

const inCommand = <T>(work: (ctx: CommandContext) => Promise<T>) =>
  domain.db.transaction((tx) =>
    work({
      tx,
      viewer: domain.viewer,
      workspaceId: domain.workspaceId,
      now: new Date('2026-05-05T00:00:00Z'),
      requestId: 'test',
      permission: 'customers:write',
      emit() {},
    }),
  );
const rowOf = async (id: string) =>
  (await domain.db.query<CustomerRow>(sql`select ${allColumns('Customer')} from customers where id = ${id}::uuid`))[0]!;

describe('what a patch changes', () => {
  test('is told by value, not by how it is written', () => {
    const row = { a: 1, b: null, c: new Date(5), d: { x: 1, y: [1, 2] }, e: ['p', 'q'], f: '', g: false };
    expect(changesOf(row, { a: 1, b: undefined, c: new Date(5), d: { y: [1, 2], x: 1 }, e: ['p', 'q'], f: '', g: false })).toBeNull();
    expect(changesOf(row, { a: null, b: 0, c: new Date(6), d: { x: 1, y: [2, 1] }, e: ['q', 'p'], f: null, g: true })).toEqual({
      before: row,
      after: { a: null, b: 0, c: new Date(6), d: { x: 1, y: [2, 1] }, e: ['q', 'p'], f: null, g: true },
    });
    // Texts are texts, also those that look like numbers.
    expect(changesOf({ outcome: '1.50' }, { outcome: '1.5' })).toEqual({ before: { outcome: '1.50' }, after: { outcome: '1.5' } });
  });

  test('applied, leaves nothing to change', () => {
    const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
    const values: fc.Arbitrary<Record<string, unknown>> = fc.record(
      {
        number: orNull(fc.integer()),
        text: orNull(fc.string()),
        list: orNull(fc.array(fc.string())),
        time: orNull(fc.date({ noInvalidDate: true })),
        json: orNull(fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.array(fc.string())))),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(values, values, (row, patch) => {
        const changes = changesOf(row, patch);
        if (!changes) return;
        expect(Object.keys(changes.before)).toEqual(Object.keys(changes.after));
        const changed = { ...row, ...changes.after };
        expect(changesOf(changed, patch)).toBeNull();
        for (const name of Object.keys(row)) if (!(name in patch)) expect(changed[name]).toBe(row[name]);
      }),
    );
  });
});

describe('rows', () => {
  test('of any values come back as they were written', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((one) => !one.includes('\0') && one.isWellFormed());
    // What jsonb keeps as it is.
    const json = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text)));
    const made = fc.record({
      displayName: text,
      city: fc.option(text, { nil: null }),
      tags: fc.array(text, { maxLength: 3 }),
      attributes: json,
      health: fc.constantFrom('UNKNOWN' as const, 'AT_RISK' as const),
      birthDate: fc.constantFrom(null, '2024-02-29'),
      stageSince: fc.option(fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }), { nil: null }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(made, { minLength: 1, maxLength: 5 }), async (rows) => {
        const full = rows.map((row) => ({ workspaceId: domain.workspaceId, id: newId(), kind: 'PERSON' as const, ...row }));
        expect(await insertRows(domain.db, 'Customer', full as never)).toBe(full.length);
        for (const row of full) expect(await rowOf(row.id)).toMatchObject(row);
      }),
      { numRuns: 25 },
    );
  });

  test('are changed together as they would be one by one, raising version and time', async () => {
    const ids = [newId(), newId(), newId()];
    await insertRows(
      domain.db,
      'Customer',
      ids.map((id, i) => ({ workspaceId: domain.workspaceId, id, kind: 'PERSON' as const, displayName: `n${i}` })),
    );
    const changes = [{ city: 'Rome', tags: ['a', 'b'] }, { tags: [], city: null }, { attributes: { 'odd"key': ["it's", '{}'] } }];
    await inCommand((ctx) =>
      writeManyChanges(
        ctx,
        'Customer',
        ids.map((id, i) => ({ id, after: changes[i]! })),
      ),
    );
    for (const [i, id] of ids.entries())
      expect(await rowOf(id)).toMatchObject({
        ...changes[i],
        displayName: `n${i}`,
        version: 2,
        updatedAt: new Date('2026-05-05T00:00:00Z'),
      });
    await inCommand((ctx) =>
      writeChanges(ctx, 'Customer', ids[0]!, { kind: 'ORGANISATION', tags: ['x'], attributes: {}, birthDate: '2001-02-03' }),
    );
    expect(await rowOf(ids[0]!)).toMatchObject({
      kind: 'ORGANISATION',
      tags: ['x'],
      attributes: {},
      birthDate: '2001-02-03',
      city: 'Rome',
      version: 3,
    });
  });

  test('of another workspace are neither locked nor changed', async () => {
    const [workspaceId, id] = [newId(), newId()];
    await domain.db.execute(sql`insert into workspaces (id, key, name) values (${workspaceId}, 'other', 'Other')`);
    await insertRows(domain.db, 'Customer', [{ workspaceId, id, kind: 'PERSON', displayName: 'theirs' }]);
    expect(await inCommand((ctx) => lockRows(ctx, 'Customer', [id]))).toEqual([]);
    await inCommand((ctx) => writeChanges(ctx, 'Customer', id, { displayName: 'mine' }));
    await inCommand((ctx) => writeManyChanges(ctx, 'Customer', [{ id, after: { displayName: 'mine' } }]));
    expect(await rowOf(id)).toMatchObject({ displayName: 'theirs', version: 1 });
  });
});
