// The packages of the peers: installed into the benchmark's own folder, at the first run that needs them.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = join(import.meta.dirname, '..');

/** Installs what `bench/package-lock.json` says, unless that is there already. */
export async function installPeers(): Promise<void> {
  if (await isInstalled()) return;
  console.log('installing the peers (npm ci in bench/) …');
  // Scripts would download what the peers do not need here.
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
}

async function isInstalled(): Promise<boolean> {
  const list = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const packagesOf = async (file: string) =>
    (JSON.parse(await readFile(file, 'utf8')) as { packages: Record<string, { version: string; optional?: boolean }> }).packages;
  const [installed, locked] = await Promise.all([packagesOf(list), packagesOf(join(folder, 'package-lock.json'))]);
  return Object.entries(locked).every(([name, { version, optional }]) => name === '' || optional || installed[name]?.version === version);
}
