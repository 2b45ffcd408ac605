import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../tests/support/database.ts';
import { runCli } from './testing/run-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trato-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('trato', () => {
  it('tells its commands, and what is wrong with a call', async () => {
    const { stdout } = await runCli(['--help']);
    for (const command of ['start', 'migrate', 'import', 'export', 'schema']) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(await runCli(['import', 'x.csv'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("required option '--mapping <file>'"),
    });
    expect((await runCli(['import', '--mapping', 'm', '--batch-size', '501', 'x'])).stderr).toContain('from 1 to 500');
  });

  it('writes the schema and tells a stale one', async () => {
    const out = join(folder, 'schema.graphql');
    expect(await runCli(['schema', '--check', '--out', out])).toMatchObject({ code: 1, stderr: expect.stringContaining('[SCHEMA_STALE]') });
    expect(await runCli(['schema', '--out', out])).toMatchObject({ code: 0, stderr: '' });
    expect(buildSchema(readFileSync(out, 'utf8')).getMutationType()?.getFields()).toHaveProperty('customersUpsert');
    expect(await runCli(['schema', '--check', '--out', out])).toMatchObject({ code: 0 });
    writeFileSync(out, `${readFileSync(out, 'utf8')}# more\n`);
    expect(await runCli(['schema', '--check', '--out', out])).toMatchObject({ code: 1 });
  });

  it('migrates a database, once', async () => {
    const database = await createEmptyDatabase();
    try {
      const env = { DATABASE_URL: database.url };
      expect((await runCli(['migrate', '--status'], { env })).stdout).toMatch(/^pending \d+_init$/m);
      expect((await runCli(['migrate'], { env })).stdout).toMatch(/^applied [1-9]/);
      expect((await runCli(['migrate'], { env })).stdout).toBe('applied 0\n');
      expect((await runCli(['migrate', '--status'], { env })).stdout).not.toContain('pending');
    } finally {
      await database.drop();
    }
    const away = await runCli(['migrate'], { env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' } });
    expect(away).toMatchObject({ code: 1, stderr: expect.stringMatching(/^trato: .*\[DATABASE_UNREACHABLE\]\n$/) });
  });
});
