// A plugin as a partner gets it: written by the command, tested by its own test, and loaded by a server.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../../../tests/support/database.ts';
import { postQuery, startTestProcess } from '../../../tests/support/server.ts';
import { runCli } from '../testing/run-cli.ts';
import { createPlugin, waysOf } from './create.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trato-plugin-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const create = (id: string) => runCli(['plugin', 'create', id, '--dir', 'plugins'], { cwd: folder });

describe('trato plugin create', () => {
  it('refuses ids that cannot be loaded, and folders that are there, and writes nothing', async () => {
    for (const id of [
      'Bad',
      'my_plugin',
      '../up',
      'a--b',
      '-a',
      `a${'b'.repeat(30)}`,
      'customers',
      'customer',
      'interaction',
      'admin',
      '',
    ]) {
      expect(() => createPlugin(id, join(folder, 'plugins'))).toThrow(expect.objectContaining({ code: 'PLUGIN_ID_INVALID' }));
    }
    expect(await create('../up')).toMatchObject({ code: 1, stderr: expect.stringContaining('[PLUGIN_ID_INVALID]') });
    expect(existsSync(join(folder, 'plugins'))).toBe(false);
    mkdirSync(join(folder, 'plugins/mine'), { recursive: true });
    expect(() => createPlugin('mine', join(folder, 'plugins'))).toThrow(expect.objectContaining({ code: 'PLUGIN_EXISTS' }));
    expect(readdirSync(join(folder, 'plugins/mine'))).toEqual([]);
    rmSync(join(folder, 'plugins'), { recursive: true });
  });

  it('writes a plugin that passes its own test, is listed, and runs in a server', async () => {
    const { code, stdout, stderr } = await create('contact-radar');
    expect([code, stdout.match(/^wrote /gm)]).toEqual([0, ['wrote ', 'wrote ', 'wrote ']]);
    const entry = readFileSync(join(folder, 'plugins/contact-radar/index.ts'), 'utf8');
    expect(entry).toContain("id: 'contact-radar'");
    expect(entry).not.toMatch(/my.?plugin/i);
    // What works where it lies is what it says.
    const readme = readFileSync(join(folder, 'plugins/contact-radar/README.md'), 'utf8');
    expect(readme).toMatch(/--root "\$here" --config "\$PWD\/src\/plugin\/testing\/vitest-config\.ts"/);
    expect(readme).not.toContain(' plugins/');
    expect(stderr).toContain(`TRATO_PLUGINS_DIR=${join(folder, 'plugins')} npm start`);
    expect(waysOf('loyalty', join(root, 'plugins'))).toEqual({ test: 'npx vitest run plugins/loyalty', run: 'npm start' });

    const env = { TRATO_PLUGINS_DIR: join(folder, 'plugins') };
    expect((await runCli(['plugin', 'list'], { env })).stdout).toContain('contact-radar 0.1.0 (contact-radar): Counts');
    const database = await createEmptyDatabase();
    expect(await ownTest(database.url)).toMatchObject({ code: 0, output: expect.stringMatching(/Tests {2}(1[5-9]|[2-9]\d) passed/) });
    const server = startTestProcess({ ...env, DATABASE_URL: database.url, TRATO_DEMO: '0' });
    try {
      const { url, key } = await server.ready();
      const { data, errors } = await postQuery(url, '{"query":"{ plugins { id state } customers { nodes { contactRadarContacts } } }"}', {
        key,
      });
      expect([errors, data]).toEqual([[], { plugins: [{ id: 'contact-radar', state: 'ACTIVE' }], customers: { nodes: [] } }]);
      server.kill();
      await server.exited;
      const uninstall = (...more: string[]) =>
        runCli(['plugin', 'uninstall', 'contact-radar', ...more], { env: { DATABASE_URL: database.url } });
      expect(await uninstall()).toMatchObject({ code: 1, stderr: expect.stringContaining('[NOT_CONFIRMED]') });
      expect(await uninstall('--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 tables (contact_counts)') });
      expect(await uninstall('--yes')).toMatchObject({ code: 1, stderr: expect.stringContaining('[PLUGIN_UNKNOWN]') });
    } finally {
      server.kill('SIGKILL');
      await database.drop();
    }
  }, 300_000);
});

/**
 * Runs the plugin's test as its author is told, from a checkout of Trato. Its host makes a database on
 * this server; in long runs it starts the embedded one, as it does without DATABASE_URL.
 */
async function ownTest(databaseUrl: string): Promise<{ code: number | null; output: string }> {
  const { DATABASE_URL: _database, VITEST: _vitest, ...env } = process.env;
  const database = process.env.TRATO_LONG === '1' ? {} : { DATABASE_URL: databaseUrl };
  // npx would only find the same.
  const args = waysOf('contact-radar', join(folder, 'plugins')).test.split(' ').slice(2);
  const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args, '--no-color'], {
    cwd: root,
    env: { ...env, ...database, NO_COLOR: '1' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(output);
  return { code, output };
}
