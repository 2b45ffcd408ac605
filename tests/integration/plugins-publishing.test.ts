// A plugin as a package: compiled by its author's own compiler against the types that Trato writes, installed beside a
// checkout, loaded by its name, answering.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writePluginTypes } from '../../scripts/plugin-types.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { postQuery, startTestProcess } from '../support/server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trato-package-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source = (id: string) => `
import { definePlugin, v, z } from 'trato/plugin';
import { pong } from './pong.ts';
export const plugin = definePlugin({
  id: '${id}', version: '1.0.0', api: '^1.0.0', description: 'Answers.', config: z.object({ times: z.number().default(2) }),
  capabilities: ['schema', 'tables', 'read:customers'], scopes: { '${id}:read': 'Ask.' },
  setup({ schema, config }) {
    schema.query('ping', {
      description: 'Answers.', value: v.string(), scope: '${id}:read', resolve: async (ctx) => (await pong(ctx)).repeat(config.times),
    });
  },
});`;

const pong = `
import { type CallContext, sql } from 'trato/plugin';
export const pong = async (ctx: CallContext) => (await ctx.sql<{ word: string }>(sql\`select 'pong' as word\`))[0]!.word;`;

/** What docs/plugins.md tells authors to write. */
function settingsOfTheGuide(): string {
  const guide = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
  const [, settings] = /```json\n(\{\n {2}"compilerOptions"[^`]+)```/.exec(guide) ?? [];
  return settings!;
}

function compile(cwd: string): string {
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false'], {
      cwd,
      encoding: 'utf8',
    });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

it('a package is compiled by the settings of the guide, and runs in a server that is started beside it', async () => {
  const author = join(folder, 'author');
  mkdirSync(join(author, 'src'), { recursive: true });
  // As in a checkout: the types lie in it, and find its packages.
  mkdirSync(join(folder, 'trato'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'trato/node_modules'));
  expect(writePluginTypes(join(folder, 'trato/dist-types'))).toBeLessThan(400);
  const guide = settingsOfTheGuide();
  expect(guide).toContain('../trato/dist-types/plugin/index.d.ts');
  writeFileSync(join(author, 'tsconfig.json'), guide);
  const manifest = { name: 'trato-plugin-ping', version: '1.0.0', type: 'module', exports: './dist/index.js' };
  writeFileSync(join(author, 'package.json'), JSON.stringify(manifest));

  const wrong = source('ping').replace("'read:customers'", "'read:customer'").replace('.repeat(config.times)', '.repeat(config.time)');
  writeFileSync(join(author, 'src/pong.ts'), pong);
  writeFileSync(join(author, 'src/index.ts'), wrong);
  const told = compile(author);
  expect(told.match(/^\S+: error/gm)).toHaveLength(2);
  expect(told).toMatch(/"read:customers?"/);
  writeFileSync(join(author, 'src/index.ts'), source('ping'));
  expect(compile(author)).toBe('');
  expect(existsSync(join(author, 'dist/index.js'))).toBe(true);

  const installation = join(folder, 'installation');
  mkdirSync(join(installation, 'node_modules'), { recursive: true });
  symlinkSync(author, join(installation, 'node_modules/trato-plugin-ping'));
  const env = { TRATO_PLUGINS: 'trato-plugin-ping', TRATO_PLUGINS_DIR: 'off' };
  const database = await createEmptyDatabase();
  const server = startTestProcess(
    { ...env, DATABASE_URL: database.url, TRATO_DEMO: '0' },
    { script: join(root, 'src/main.ts'), cwd: installation },
  );
  try {
    const { url, key } = await server.ready();
    const { data, errors } = await postQuery(url, '{"query":"{ pingPing }"}', { key });
    expect([errors, data]).toEqual([[], { pingPing: 'pongpong' }]);
  } finally {
    server.kill();
    await server.exited;
    await database.drop();
  }
}, 120_000);

it('types are written over types alone', () => {
  const there = join(folder, 'somebodys');
  mkdirSync(there);
  writeFileSync(join(there, 'work.txt'), 'mine');
  expect(() => writePluginTypes(there)).toThrow('holds something else');
  expect(() => writePluginTypes(root)).toThrow('holds something else');
  expect(readFileSync(join(there, 'work.txt'), 'utf8')).toBe('mine');
});
