import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../tests/support/domain.ts';
import { newId } from '../lib/typeid.ts';
import { startHousekeeping } from './housekeeping.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

const keys = async () =>
  (await domain.db.query<{ key: string }>(sql`select key from idempotency_records order by key`)).map((row) => row.key);

async function remember(key: string, age: string): Promise<void> {
  await domain.db.execute(sql`insert into idempotency_records (workspace_id, credential_id, key, command, input_hash, created_at)
    values (${domain.workspaceId}, ${newId()}, ${key}, 'x', 'y', now() - ${age}::interval)`);
}

test('keys are forgotten after 24 hours, at once and again and again', async () => {
  await remember('old', '25 hours');
  await remember('young', '23 hours');
  const warnings: string[] = [];
  const housekeeping = startHousekeeping(domain.db, { log: { warn: (_fields, message) => warnings.push(message) }, everyMs: 20 });
  await expect.poll(keys).toEqual(['young']);
  await remember('old again', '2 days');
  await expect.poll(keys).toEqual(['young']);
  await housekeeping.stop();
  expect(warnings).toEqual([]);
});
