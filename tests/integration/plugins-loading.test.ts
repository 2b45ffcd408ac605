// Real processes: plugins from a folder and from an npm package far from this project, and starts that a plugin stops.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';

const script = resolve('src/main.ts');
let root: string;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
const running: TestProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'trato-loading-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  for (const one of running) one.kill('SIGKILL');
  await Promise.all(running.map((one) => one.exited));
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

async function write(file: string, text: string): Promise<void> {
  await mkdir(join(root, file, '..'), { recursive: true });
  await writeFile(join(root, file), text);
}

function start(env: Record<string, string>): TestProcess {
  const child = startTestProcess(
    { DATABASE_URL: database.url, TRATO_DEMO: '0', TRATO_LOG_LEVEL: 'warn', TRATO_DATA_DIR: join(root, '.trato'), ...env },
    { script, cwd: root },
  );
  running.push(child);
  return child;
}

const plugin = (id: string, more = '') => `
import { definePlugin, v, z } from 'trato/plugin';
export const plugin = definePlugin({
  id: '${id}', version: '1.0.0', api: '^1.0.0', description: 'A sample.', capabilities: ['schema'],
  config: z.object({ word: z.string().default('none') }), scopes: { '${id}:read': 'See words.' },
  setup({ schema, config }) {
    schema.query('word', { description: 'The word.', value: v.string(), scope: '${id}:read', resolve: async () => config.word });
  },
  ${more}
});`;

describe('a server with plugins', () => {
  it('loads them from its folder and from packages, with their configurations', async () => {
    await write('plugins/here/index.ts', plugin('here').replace('resolve: async ()', 'resolve: async (): Promise<string>'));
    await write(
      'node_modules/trato-plugin-there/package.json',
      JSON.stringify({ name: 'trato-plugin-there', version: '1.0.0', type: 'module', exports: { import: './main.js' } }),
    );
    await write('node_modules/trato-plugin-there/main.js', plugin('there'));
    await write('config.json', JSON.stringify({ there: { word: '$env:THE_WORD' } }));
    const child = start({
      TRATO_PLUGINS_DIR: 'plugins',
      TRATO_PLUGINS: 'trato-plugin-there',
      TRATO_PLUGINS_CONFIG: 'config.json',
      TRATO_PLUGIN_HERE: '{"word":"ahoy"}',
      THE_WORD: 'hello',
    });
    const { url, key } = await child.ready();
    expect(await postQuery(url, { query: '{ hereWord thereWord }' }, { key })).toMatchObject({
      data: { hereWord: 'ahoy', thereWord: 'hello' },
      errors: [],
    });
    expect(await (await fetch(new URL('/readyz', url))).json()).toEqual({ status: 'ready', plugins: { here: 'ACTIVE', there: 'ACTIVE' } });
    child.kill();
    expect(await child.exited).toMatchObject({ code: 0 });
  });

  it.each<[string, string, RegExp]>([
    [
      'cannot be imported',
      `import 'trato/plugin'; throw new Error('no way');`,
      /^trato: plugin sick: it cannot be imported: no way \[PLUGIN_FAILED\]\n$/,
    ],
    [
      'works with another API',
      plugin('sick', `api: '^9.0.0',`),
      /^trato: plugin sick: it works with the plugin API \^9\.0\.0, and this server has [\d.]+ \[PLUGIN_FAILED\]\n$/,
    ],
  ])('does not start with one that %s', async (_what, text, line) => {
    await write('sick/sick/index.ts', text);
    const child = start({ TRATO_PLUGINS_DIR: 'sick' });
    expect(await child.exited).toMatchObject({ code: 1 });
    expect(child.stderr()).toMatch(line);
    expect(child.stdout()).not.toMatch(/curl/);
  });
});
