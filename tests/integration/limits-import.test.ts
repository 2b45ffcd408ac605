// `trato import` against a server whose budget is spent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCli } from '../../src/cli/testing/run-cli.ts';
import { type LimitedServer, limitedServer } from '../support/limited-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let base: TestServer;
let server: LimitedServer;

beforeAll(async () => {
  base = await startTestServer();
  server = await limitedServer(base, { costMaximum: 1_200, costBudget: 1_200, costRestore: 1_000 });
});
afterAll(async () => {
  await server?.stop();
  await base?.stop();
});

test('an import waits as it is told while the budget is spent, and goes on by itself', async () => {
  const { data } = await base.query('mutation { apiKeyCreate(input: { name: "importer", role: "administrator" }) { key } }');
  const { key } = data.apiKeyCreate;
  // Nothing is left, and time restores nothing: it is set back to a later one.
  const { rows } = await base.db.pool.query(`insert into credential_budgets (workspace_id, credential_id, remaining, restored_at)
    select workspace_id, id, 0, now() + interval '1 hour' from api_keys order by created_at desc, id desc limit 1 returning credential_id`);
  const refusals = async () => {
    const metrics = await (await fetch(server.url.replace('/graphql', '/metrics'))).text();
    return Number(/^trato_operation_errors_total\{code="RATE_LIMITED"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
  };
  const folder = mkdtempSync(join(tmpdir(), 'trato-limits-'));
  const row = { externalId: { system: 'slow', value: '$id' }, displayName: '$name' };
  writeFileSync(join(folder, 'mapping.json'), JSON.stringify({ passes: [{ into: 'customers', ordered: false, row }] }));
  const people = Array.from({ length: 1_000 }, (_, i) => `${i},Person ${i}\n`);
  writeFileSync(join(folder, 'people.csv'), `id,name\n${people.join('')}`);
  const args = ['import', '--mapping', join(folder, 'mapping.json'), '--url', server.url, '--key', key, '--retry-for', '0'];
  const run = startCli([...args, '--batch-size', '50', join(folder, 'people.csv')], { cwd: folder });
  try {
    await expect.poll(refusals, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0);
    await base.db.pool.query('update credential_budgets set remaining = 1100, restored_at = now() where credential_id = $1', [
      rows[0].credential_id,
    ]);
    expect(await run.ended).toMatchObject({ code: 0, stdout: 'read 1000, created 1000, updated 0, unchanged 0, rejected 0\n' });
  } finally {
    run.child.kill();
    rmSync(folder, { recursive: true });
  }
});
