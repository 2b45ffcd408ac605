import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadedPlugin } from './load.ts';
import { loadPlugins, type PluginSettings } from './load-all.ts';

const warnings: object[] = [];
const log = { info() {}, warn: (fields: object) => void warnings.push(fields), error() {} };
let root: string;
let folders = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'trato-plugins-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder of plugins: texts of files by path. */
async function folder(files: Record<string, string>): Promise<string> {
  const directory = join(root, String(++folders));
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return directory;
}

// Without an import: what plugins import is tested where Node runs them.
const source = (id: string, more = '') => `export const plugin = {
  id: '${id}', version: '1.0.0', api: '^1.0.0', description: 'A sample.', capabilities: [], scopes: {},
  config: { safeParse: (data) => ({ success: true, data }) }, setup() {}, ${more}
};`;

const load = (settings: Partial<PluginSettings>, env: Record<string, string> = {}) =>
  loadPlugins({ directory: 'off', packages: [], off: [], configFile: null, ...settings }, { log, logOf: () => log, env });

describe('plugins of a folder', () => {
  it('are loaded in the order of their names, TypeScript and JavaScript', async () => {
    const directory = await folder({
      'two/index.js': source('two'),
      'one/index.ts': `const typed: string = 'x';\n${source('one')}`,
      'README.md': 'no plugin',
      '.hidden/x': '',
      '_draft/x': '',
      'node_modules/x/index.js': 'throw 1',
    });
    expect((await load({ directory })).map(({ id, source: from }) => `${id} ${from}`)).toEqual(['one one', 'two two']);
  });

  it('are not loaded where they are turned off, broken ones neither', async () => {
    const directory = await folder({ 'three/index.js': source('off-one'), 'broken/index.js': 'throw new Error()' });
    expect(await load({ directory, off: ['off-one', 'broken'] })).toEqual([]);
    expect(loadedPlugin('off-one')).toBeUndefined();
    warnings.length = 0;
    await load({ directory, off: ['off-one', 'broken', 'of-one'] });
    expect(warnings).toEqual([{ unknown: ['of-one'], known: ['broken', 'three', 'off-one'] }]);
  });

  it('may be absent only where nobody named the folder', async () => {
    await expect(load({ directory: join(root, 'nowhere') })).rejects.toThrow(/folder of plugins .*nowhere cannot be read: ENOENT/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['without an entry', { 'empty/readme': '' }, /^empty: .*neither index\.ts nor index\.js/],
    ['that throws', { 'throwing/index.js': `throw new Error('no way')` }, /^throwing: it cannot be imported: no way/],
    ['that imports what is not there', { 'lost/index.js': `import './nothing.js'` }, /^lost: it cannot be imported/],
    ['without a plugin', { 'else/index.js': 'export default 1' }, /^else: .*exports no `plugin`/],
    ['without an id', { 'anonymous/index.js': 'export const plugin = {}' }, /^anonymous: its plugin has no id/],
    ['of another API', { 'old/index.js': source('old', `api: '^0.1.0',`) }, /^old: it works with the plugin API \^0\.1\.0/],
    ['twice', { 'a/index.js': source('again'), 'b/index.js': source('again') }, /^again: there are two plugins/],
  ])('one %s stops everything', async (_what, files, reason) => {
    const directory = await folder(files);
    await expect(load({ directory })).rejects.toThrow(reason);
  });
});

describe('configuration', () => {
  it('comes from the file, from a variable before that, and takes secrets from the environment', async () => {
    const directory = await folder({
      'a/index.js': source('config-a'),
      'b/index.js': source('config-b'),
      'c/index.js': source('config-c'),
    });
    const configFile = join(directory, 'config.json');
    await writeFile(configFile, '{ "config-a": { "in": [{ "key": "$env:SECRET" }], "n": 1 }, "config-b": { "n": 1 }, "conifg-c": {} }');
    warnings.length = 0;
    const loaded = await load({ directory, configFile }, { SECRET: 's3cret', TRATO_PLUGIN_CONFIG_B: '{"n":2}', TRATO_PLUGIN_NOBODY: '{}' });
    expect(loaded.map(({ config }) => config)).toEqual([{ in: [{ key: 's3cret' }], n: 1 }, { n: 2 }, {}]);
    expect(warnings).toEqual([{ unused: ['conifg-c', 'TRATO_PLUGIN_NOBODY'] }]);
  });

  it.each<[string, string | null, Record<string, string>, RegExp]>([
    ['a file that is no JSON', '{ "hunter2"', {}, /config\.json is not valid JSON$/],
    ['a file that is no object', '["hunter2"]', {}, /config\.json must be a JSON object$/],
    ['a variable that is no JSON', null, { TRATO_PLUGIN_BAD_CONFIG: 'hunter2' }, /^bad-config: TRATO_PLUGIN_BAD_CONFIG is not valid JSON$/],
    [
      'a secret that is not set',
      null,
      { TRATO_PLUGIN_BAD_CONFIG: '{"a":["$env:MISSING"]}' },
      /^bad-config: TRATO_PLUGIN_BAD_CONFIG\.a\.0 refers to .*MISSING, which is not set$/,
    ],
  ])('%s stops everything, and is not quoted', async (_what, file, env, reason) => {
    const directory = await folder({ 'a/index.js': source('bad-config') });
    const configFile = file === null ? null : join(directory, 'config.json');
    if (configFile) await writeFile(configFile, file as string);
    await expect(load({ directory, configFile }, env)).rejects.toThrow(reason);
  });
});

it('a package must have a name of one', async () => {
  for (const name of ['../x', '/etc/x', 'node:fs', 'https://x', ''])
    await expect(load({ packages: [name] })).rejects.toThrow(/no name of an npm package/);
  await expect(load({ packages: ['trato-plugin-not-there'] })).rejects.toThrow(/^trato-plugin-not-there: it cannot be imported/);
});
