import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/lib/typeid.ts';
import { descendantsSql, relationshipsUpsert } from '../../src/modules/relationships/index.ts';
import { createTieWorld, ref, row, type TieWorld } from '../support/tie-world.ts';

let world: TieWorld;
let a: string, b: string, c: string, d: string;

beforeAll(async () => {
  world = await createTieWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  [a, b, c, d] = (await world.customers('A', 'B', 'C', 'D')) as [string, string, string, string];
});

describe('upsert', () => {
  test('the same rows again change nothing', async () => {
    const rows = [
      row('subsidiary_of', a, b, { title: 'since 1990' }),
      row('subsidiary_of', b, c),
      row('knows', a, c, { externalRef: { system: 'x', value: newId() } }),
    ];
    expect(await world.upsert(rows)).toEqual(['CREATED', 'CREATED', 'CREATED']);
    const before = (await world.events()).length;
    expect(await world.upsert(rows)).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    expect((await world.events()).length).toBe(before);
    expect(await world.upsert([row('subsidiary_of', a, b, { title: 'sold' })])).toEqual(['UPDATED']);
  });

  test('the same tie in other words in one call is one tie', async () => {
    await world.add('Identity', { customerId: a, kind: 'EXTERNAL', system: 'erp', value: a, original: a });
    const named = { kind: 'knows', from: { externalId: { system: 'erp', value: a } }, to: ref(b), title: 'later' };
    expect(await world.upsert([row('knows', a, b), named])).toEqual(['CREATED', 'UPDATED']);
  });

  test('an external reference moves its tie, and makes room for another', async () => {
    const externalRef = { system: 'x', value: newId() };
    await world.upsert([row('subsidiary_of', a, b, { externalRef })]);
    expect(await world.upsert([row('subsidiary_of', a, c, { externalRef }), row('knows', a, b)])).toEqual(['UPDATED', 'CREATED']);
    expect(await world.upsert([row('subsidiary_of', a, d, { externalRef }), row('subsidiary_of', a, c)])).toEqual([
      'UPDATED',
      'REJECTED RELATIONSHIP_EXCLUSIVE rows.1.to',
    ]);
    const ties = await world.rows<{ to_id: string }>(sql`select to_id from relationships where external_id = ${externalRef.value}`);
    expect(ties).toEqual([{ to_id: d }]);
  });

  test('a reference of one tie on another is a duplicate', async () => {
    const externalRef = { system: 'x', value: newId() };
    await world.upsert([row('knows', a, b, { externalRef }), row('knows', a, c)]);
    expect(await world.upsert([row('knows', a, c, { externalRef })])).toEqual(['REJECTED DUPLICATE rows.0']);
  });

  test('a circle and a second parent within one batch are refused, row by row', async () => {
    const results = await world.upsert([
      row('supplies', a, b),
      row('supplies', b, c),
      row('supplies', c, a),
      row('subsidiary_of', a, b),
      row('subsidiary_of', a, c),
      row('supplies', d, d),
    ]);
    expect(results).toEqual([
      'CREATED',
      'CREATED',
      'REJECTED RELATIONSHIP_CYCLE rows.2.to',
      'CREATED',
      'REJECTED RELATIONSHIP_EXCLUSIVE rows.4.to',
      'REJECTED RELATIONSHIP_TO_ITSELF rows.5.to',
    ]);
  });

  test('ABORT and a dry run leave nothing', async () => {
    expect(await world.upsert([row('knows', a, b), row('knows', c, c)], { onError: 'ABORT' })).toEqual([
      'ABORTED',
      'REJECTED RELATIONSHIP_TO_ITSELF rows.1.to',
    ]);
    expect(await world.upsert([row('knows', a, b)], { dryRun: true })).toEqual(['CREATED']);
    expect(await world.rows(sql`select from relationships where from_id = ${a}`)).toEqual([]);
  });

  test('500 rows cost a bounded number of statements', async () => {
    const many = await world.customers(...Array.from({ length: 501 }, (_one, i) => `M${i}`));
    const rows = many.slice(1).map((from, i) => row('subsidiary_of', from, many[i]!));
    expect(await world.statementsOf(relationshipsUpsert, { rows })).toBeLessThan(15);
    const family = await world.rows(sql`${descendantsSql(sql`${'subsidiary_of'}`, sql`${many[0]}`, sql`${world.workspaceId}::uuid`)}`);
    expect(family.length).toBe(21);
  });
});
