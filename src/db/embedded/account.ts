// PostgreSQL refuses to run as root, so root hands its programs to an unprivileged user.
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Binaries } from './binaries.ts';
import { embeddedError } from './errors.ts';

/** Who runs the database's programs; empty where this process itself does. */
export type Account = { uid?: number; gid?: number };

/**
 * The account for a cluster at `clusterDir`: this process's own; for root the owner of a cluster that exists, else
 * user `postgres`, which is created where the system lacks it, else `nobody`.
 */
export function chooseAccount(clusterDir: string, log: (line: string) => void): Account {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = lookUp('postgres') ?? create(log) ?? lookUp('nobody');
  if (!account) {
    throw embeddedError(
      'EMBEDDED_DATABASE_FAILED',
      'PostgreSQL does not run as root, and this system has no user "postgres" or "nobody" to run it as. Start Trato as another user, or set DATABASE_URL.',
    );
  }
  return account;
}

/** Whether the account may pass through `dir` and all folders above it. */
export function canPass(account: Account, dir: string): boolean {
  return account.uid === undefined || succeeds(account, 'cd "$1"', dir);
}

/** Whether the account may read the programs, and they run: their libraries are found. */
export function canRun(account: Account, { root }: Binaries): boolean {
  return (
    process.platform === 'win32' ||
    succeeds(account, 'test -r "$1/share/postgresql/postgres.bki" && "$1/bin/initdb" -V && "$1/bin/postgres" -V', root)
  );
}

function succeeds(account: Account, script: string, argument: string): boolean {
  return spawnSync('/bin/sh', ['-c', script, 'sh', argument], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

function lookUp(name: string): Account | undefined {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function create(log: (line: string) => void): Account | undefined {
  const made = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], {
    stdio: 'ignore',
  });
  if (made.status !== 0) return undefined;
  log('Created the system user "postgres", because PostgreSQL does not run as root.');
  return lookUp('postgres');
}
