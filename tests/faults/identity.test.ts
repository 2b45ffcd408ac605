import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customersUpsert } from '../../src/modules/customers/upsert.command.ts';
import { interactionRecord, interactionsRecord } from '../../src/modules/interactions/index.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

let domain: TestDomain;

beforeAll(async () => {
  domain = await createTestDomain({ connections: 60 });
});
afterAll(() => domain.stop());

const contact = (email: string, more: object = {}) => ({
  customer: { identity: { kind: 'EMAIL', value: email } },
  kind: 'enquiry',
  channel: 'email',
  direction: 'INBOUND',
  ...more,
});

async function count(table: 'customers' | 'identities' | 'interactions' | 'event_inbox', where = sql`true`): Promise<number> {
  const [row] = await domain.db.query<{ count: bigint }>(sql`select count(*) as count from ${sql([table] as never)} t where ${where}`);
  return Number(row!.count);
}

describe('the same new identity from many sides at once', () => {
  it('50 writers make one customer', async () => {
    const spellings = ['New.Person@Example.org', 'new.person@example.ORG', ' new.person@example.org'];
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, i) => domain.run(interactionRecord, contact(spellings[i % 3]!))));
    expect(outcomes.flatMap((outcome) => outcome.userErrors)).toEqual([]);
    expect(await count('customers')).toBe(1);
    expect(await count('identities')).toBe(1);
    expect(await count('interactions')).toBe(50);
    expect(await count('event_inbox', sql`t.type = 'customer.created'`)).toBe(1);
    expect(await count('event_inbox', sql`t.type = 'interaction.recorded'`)).toBe(50);
  });

  it('bulk calls with overlapping identities in opposite orders neither lose nor double anything', async () => {
    const people = Array.from({ length: 40 }, (_, i) => `crowd${i}@example.org`);
    const call = (order: string[], n: number) => ({
      rows: order.map((email) => contact(email, { externalRef: { system: `call${n}`, value: email } })),
    });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, n) => domain.run(interactionsRecord, call(n % 2 ? people : people.toReversed(), n))),
    );
    expect(outcomes.flatMap((outcome) => outcome.userErrors)).toEqual([]);
    expect(outcomes.flatMap((outcome) => outcome.result!.results).filter((row) => row.status !== 'CREATED')).toEqual([]);
    expect(await count('identities', sql`t.value like 'crowd%'`)).toBe(40);
    expect(await count('interactions', sql`t.external_system like 'call%'`)).toBe(12 * 40);
  });

  it('the same external references at once are recorded once', async () => {
    const rows = Array.from({ length: 30 }, (_, i) =>
      contact('one@example.org', { externalRef: { system: 'same', value: String(i) }, occurredAt: new Date('2026-01-01T00:00:00Z') }),
    );
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => domain.run(interactionsRecord, { rows })));
    const statuses = outcomes.flatMap((outcome) => outcome.result!.results.map((row) => row.status));
    expect(statuses.filter((status) => status === 'CREATED')).toHaveLength(30);
    expect(statuses.filter((status) => status === 'UNCHANGED')).toHaveLength(7 * 30);
    expect(await count('interactions', sql`t.external_system = 'same'`)).toBe(30);
  });

  it('upserts and interactions that meet agree on one customer', async () => {
    const upsert = (n: number) =>
      domain.run(customersUpsert, {
        rows: [
          {
            externalId: { system: 'erp', value: 'A1' },
            identities: [{ kind: 'EMAIL', value: 'meet@example.org' }],
            displayName: `Name ${n}`,
          },
        ],
      });
    const record = () => domain.run(interactionRecord, contact('meet@example.org'));
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? upsert(n) : record())));
    expect(outcomes.flatMap((outcome) => outcome.userErrors)).toEqual([]);
    expect(
      await count('customers', sql`exists (select from identities i where i.customer_id = t.id and i.value in ('meet@example.org', 'A1'))`),
    ).toBe(1);
  });
});
