// The contract of plugins can fail: it finds the mistakes of a careless plugin, and nothing else in it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEmptyDatabase } from '../support/database.ts';

const root = join(import.meta.dirname, '../..');

test('finds what a careless plugin does wrong', async () => {
  const database = await createEmptyDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'trato-contract-'));
  try {
    const { VITEST: _vitest, ...env } = process.env;
    const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', join(root, 'tests/support/fixture-plugins/careless')];
    const report = join(folder, 'report.json');
    const child = spawn(process.execPath, [...args, '--reporter=json', `--outputFile=${report}`], {
      env: { ...env, DATABASE_URL: database.url },
      stdio: 'ignore',
    });
    await new Promise((resolve) => child.on('close', resolve));
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { assertionResults: { title: string; status: string }[] }[];
    };
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    expect(results.filter(({ status }) => status !== 'passed').map(({ title }) => title)).toEqual([
      'events that come twice change what they change once',
      'events that have lost their data, because a customer was erased, fail no handler',
      'of another workspace it tells nothing',
      'what happens in another workspace changes nothing that it tells',
      'its subscriptions are described, resume, need a scope and promise nothing that may be out of sight',
      'its subscriptions are refused without their scopes',
      'its subscriptions begin with the scope of each, and end when nobody listens',
      'its subscriptions tell what happened, and nothing of another workspace',
      'a page takes as many statements as one record',
    ]);
    expect(results.length).toBeGreaterThan(10);
  } finally {
    rmSync(folder, { recursive: true });
    await database.drop();
  }
});
