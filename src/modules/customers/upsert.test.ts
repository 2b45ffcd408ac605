import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { newId } from '../../lib/typeid.ts';
import { createWorkspace } from '../workspace/index.ts';
import { customersUpsert } from './upsert.command.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain?.stop());

const email = (value: string) => ({ kind: 'EMAIL', value });
const erp = (value: string) => ({ system: 'erp', value });

/** A new workspace, so that what others left does not show. */
async function empty() {
  const { workspaceId } = await createWorkspace(domain.db, { key: newId(), name: 'Test', country: 'GB' } as never);
  const viewer = { ...domain.viewer, workspaceId };
  const read = <R>(statement: ReturnType<typeof sql>) => domain.db.query<R>(statement);
  return {
    async upsert(rows: object[], more: object = {}) {
      const { result, userErrors } = await domain.run(customersUpsert, { rows, ...more }, viewer);
      if (!result) throw new Error(JSON.stringify(userErrors));
      return result.results.map(({ status, userErrors: errors }) =>
        [status, ...errors.map(({ code, path }) => `${code} ${path.join('.')}`)].join(' '),
      );
    },
    customers: () =>
      read<{ displayName: string; tags: string[]; city: string | null; version: number; known: string[] }>(sql`
        select c.display_name as "displayName", c.tags, c.city, c.version,
          array(select i.value from identities i where i.customer_id = c.id order by i.value) as known
        from customers c where c.workspace_id = ${workspaceId}::uuid order by c.created_at, c.id`),
    events: () =>
      read<{ type: string; data: Record<string, unknown> }>(
        sql`select type, data from event_inbox where workspace_id = ${workspaceId}::uuid and customer_id is not null order by position`,
      ),
  };
}

describe('rows of one call', () => {
  test('that mean the same customer apply one after the other, however they name it', async () => {
    const { upsert, customers, events } = await empty();
    await upsert([{ externalId: erp('1'), identities: [email('ada@example.org')], city: 'London' }]);
    const statuses = await upsert([
      { identities: [email('ADA@example.org')], city: 'Paris', tags: ['b'] },
      { externalId: erp('1'), city: 'Rome' },
      { externalId: erp('1'), identities: [email('ada@work.example')] },
      { identities: [email('ada@work.example')], tags: ['a', 'b', 'a'] },
      { identities: [email('ada@example.org')], city: 'Rome' },
    ]);
    expect(statuses).toEqual(['UPDATED', 'UPDATED', 'UPDATED', 'UPDATED', 'UNCHANGED']);
    expect(await customers()).toEqual([
      { displayName: 'ada@example.org', tags: ['a', 'b'], city: 'Rome', version: 4, known: ['1', 'ada@example.org', 'ada@work.example'] },
    ]);
    const cities = (await events()).filter((event) => event.type === 'customer.updated').map(({ data }) => data);
    expect(cities).toEqual([
      { before: { city: 'London', tags: [] }, after: { city: 'Paris', tags: ['b'] } },
      { before: { city: 'Paris' }, after: { city: 'Rome' } },
      { before: { tags: ['b'] }, after: { tags: ['a', 'b'] } },
    ]);
  });

  test('may link identities that no row alone holds', async () => {
    const { upsert, customers } = await empty();
    const rows = [
      { identities: [email('a@x.example'), email('b@x.example')] },
      { identities: [email('a@x.example')], city: 'A' },
      { identities: [email('b@x.example')], city: 'B' },
    ];
    expect(await upsert(rows)).toEqual(['CREATED', 'UPDATED', 'UPDATED']);
    expect(await customers()).toMatchObject([{ city: 'B', version: 3 }]);
  });

  test('with two spellings of one identity are one customer', async () => {
    const { upsert, customers } = await empty();
    const phone = (value: string) => ({ identities: [{ kind: 'PHONE', value }] });
    expect(await upsert([phone('020 7946 0958'), phone('+44 (20) 7946-0958')])).toEqual(['CREATED', 'UNCHANGED']);
    expect(await customers()).toMatchObject([{ known: ['+442079460958'], displayName: '020 7946 0958' }]);
  });

  test('whose identities belong to two customers are refused, also by the external id first', async () => {
    const { upsert, customers } = await empty();
    await upsert([
      { externalId: erp('1'), identities: [email('one@x.example')] },
      { externalId: erp('2'), identities: [email('two@x.example')] },
    ]);
    expect(
      await upsert(
        [
          { externalId: erp('1'), identities: [email('two@x.example')], city: 'X' },
          { externalId: erp('2'), city: 'Y' },
        ],
        { onError: 'SKIP' },
      ),
    ).toEqual(['REJECTED IDENTITY_CONFLICT rows.0.identities', 'UPDATED']);
    expect((await customers()).map(({ city, known }) => [city, known])).toEqual([
      [null, ['1', 'one@x.example']],
      ['Y', ['2', 'two@x.example']],
    ]);
  });
});

describe('a bad row', () => {
  const rows = [
    { externalId: erp('1'), displayName: 'One' },
    { displayName: 'Nobody' },
    { identities: [email('nobody')] },
    { externalId: erp('2'), partyRoles: ['king'], owner: { email: 'none@example.org' }, stage: 'none' },
    { externalId: erp('3'), colour: 'red' },
    { externalId: erp('4'), displayName: 'Four' },
  ];
  const refused = [
    'REJECTED IDENTITY_REQUIRED rows.1',
    'REJECTED EMAIL_INVALID rows.2.identities.0.value',
    'REJECTED NOT_FOUND rows.3.partyRoles.0 NOT_FOUND rows.3.owner NOT_FOUND rows.3.stage',
    'REJECTED UNKNOWN_FIELD rows.4',
  ];

  test('stops the whole call with ABORT, each row saying its part', async () => {
    const { upsert, customers, events } = await empty();
    const statuses = await upsert(rows);
    expect(statuses[0]).toBe('ABORTED');
    expect(statuses[4]).toBe(refused[3]);
    expect(await customers()).toEqual([]);
    expect(await events()).toEqual([]);
  });

  test('is left out with SKIP', async () => {
    const { upsert, customers, events } = await empty();
    const statuses = await upsert(rows, { onError: 'SKIP' });
    expect([statuses[0], statuses[5]]).toEqual(['CREATED', 'CREATED']);
    expect(statuses.slice(1, 5)).toEqual([refused[0], refused[1], expect.stringContaining('NOT_FOUND'), refused[3]]);
    expect((await customers()).map((one) => one.displayName)).toEqual(['One', 'Four']);
    expect(await events()).toHaveLength(2);
  });
});

test('a dry run tells what would happen and changes nothing', async () => {
  const { upsert, customers, events } = await empty();
  await upsert([{ externalId: erp('1'), city: 'London' }]);
  const before = [await customers(), await events()];
  const rows = [
    { externalId: erp('1'), city: 'Rome' },
    { externalId: erp('1'), city: 'Rome' },
    { externalId: erp('2') },
    { externalId: erp('2'), identities: [email('x')] },
  ];
  expect(await upsert(rows, { dryRun: true, onError: 'SKIP' })).toEqual([
    'UPDATED',
    'UNCHANGED',
    'CREATED',
    'REJECTED EMAIL_INVALID rows.3.identities.0.value',
  ]);
  expect([await customers(), await events()]).toEqual(before);
});

test('500 rows are made, found unchanged and changed, in input order, with few statements', async () => {
  const { upsert, customers } = await empty();
  const rows = (city: string) =>
    Array.from({ length: 500 }, (_, i) => ({
      externalId: erp(String(i)),
      identities: [email(`p${i}@x.example`)],
      displayName: `P ${i}`,
      city,
      tags: ['x'],
    }));
  expect(new Set(await upsert(rows('London')))).toEqual(new Set(['CREATED']));
  expect(new Set(await upsert(rows('London')))).toEqual(new Set(['UNCHANGED']));
  const mixed = await upsert(rows('London').map((row, i) => (i % 2 ? { ...row, city: 'Rome' } : row)));
  expect(mixed.every((status, i) => status === (i % 2 ? 'UPDATED' : 'UNCHANGED'))).toBe(true);
  expect((await customers()).filter((one) => one.version === 2 && one.city === 'Rome')).toHaveLength(250);
  await expect(upsert([...rows('London'), { externalId: erp('501') }])).rejects.toThrow('TOO_LONG');
});

test('any sequence of calls leaves each identity with one customer, and the whole again changes nothing', async () => {
  const letter = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const row = fc.record(
    {
      externalId: letter.map(erp),
      identities: fc.array(
        letter.map((one) => email(`${one}@x.example`)),
        { minLength: 1, maxLength: 2 },
      ),
      city: fc.constantFrom('Rome', 'Oslo'),
      tags: fc.subarray(['x', 'y', 'z']),
    },
    { requiredKeys: ['identities'] },
  );
  const calls = fc.array(fc.record({ rows: fc.array(row, { minLength: 1, maxLength: 5 }), dryRun: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(calls, async (sequence) => {
      const { upsert, customers } = await empty();
      const lasting = sequence.filter(({ dryRun }) => !dryRun).map(({ rows }) => rows);
      for (const { rows, dryRun } of sequence) {
        const before = JSON.stringify(await customers());
        const statuses = await upsert(rows, { onError: 'SKIP', dryRun });
        expect(statuses).toHaveLength(rows.length);
        if (dryRun) expect(JSON.stringify(await customers())).toBe(before);
      }
      const found = await customers();
      const known = found.flatMap((one) => one.known);
      expect(new Set(known).size).toBe(known.length);
      const bare = lasting.map((rows) => rows.map(({ externalId, identities }) => ({ externalId, identities })));
      for (const rows of bare)
        for (const status of await upsert(rows, { onError: 'SKIP' })) expect(status).toMatch(/^(UNCHANGED|REJECTED IDENTITY_CONFLICT)/);
      expect(await customers()).toEqual(found);
      for (const rows of lasting) await upsert(rows, { onError: 'SKIP' });
      expect((await customers()).map((one) => ({ ...one, version: 0 }))).toEqual(found.map((one) => ({ ...one, version: 0 })));
    }),
    { numRuns: 40 },
  );
});
