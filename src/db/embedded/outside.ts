// Keeping cluster and programs outside a folder that the database user cannot enter. Only root comes here, on POSIX.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';
import { withProgress } from '../../lib/progress.ts';
import { type Account, canPass, canRun } from './account.ts';
import { type Binaries, binariesIn } from './binaries.ts';
import { embeddedError } from './errors.ts';
import { stopLeftoverServer } from './leftover.ts';

type Log = (line: string) => void;

/** Copies the programs to a folder that the account can enter; one copy for all checkouts with the same version. */
export async function copyBinaries(binaries: Binaries, account: Account, log: Log): Promise<Binaries> {
  const manifest = await readFile(join(dirname(binaries.root), 'package.json'));
  const target = join(await chooseBase(binaries.root, account), `programs-${digest(manifest)}`);
  const copied = binariesIn(target);
  if (canRun(account, copied)) return copied;
  await rm(target, { recursive: true, force: true });
  log(`The database user cannot enter ${binaries.root}: copying the database programs to ${target}.`);
  const fresh = await mkdtemp(`${target}.new-`);
  // Static libraries are for compiling against; without them the copy is a third smaller.
  const wanted = (source: string) => !source.endsWith('.a');
  await withProgress(
    'Copying the database programs',
    cp(binaries.root, fresh, { recursive: true, verbatimSymlinks: true, filter: wanted }),
    { log },
  );
  await makeReadable(fresh);
  await rename(fresh, target).catch(async (error) => {
    await rm(fresh, { recursive: true, force: true });
    if (!canRun(account, copied)) throw error; // else another process made the same copy first
  });
  if (canRun(account, copied)) return copied;
  throw embeddedError(
    'EMBEDDED_DATABASE_MISSING',
    `The PostgreSQL programs in ${binaries.root} do not run. Run "npm ci" again, or set DATABASE_URL.`,
  );
}

/**
 * Chooses the directory for a cluster that cannot lie at `home`, and copies what is at `home` already. What stands there
 * without being linked from `home` belongs to a data directory that was deleted, or to an interrupted start: it goes.
 */
export async function placeOutside(home: string, account: Account, binaries: Binaries, log: Log): Promise<string> {
  const base = await chooseBase(home, account);
  const folder = join(base, digest(home));
  const clusterDir = join(folder, 'cluster');
  await removeForsaken(base);
  await stopLeftoverServer(clusterDir, log);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o711 });
  await writeFile(join(folder, 'owner'), `${home}\n`, { mode: 0o600 });
  log(`The database user cannot enter ${dirname(home)}: the database is kept in ${clusterDir}, and ${home} links to it.`);
  if (await stat(home).catch(() => undefined)) {
    await stopLeftoverServer(home, log);
    run('cp', ['-a', home, `${clusterDir}.copy`], {});
    run(binaries.initdb, ['--sync-only', '-D', `${clusterDir}.copy`], account);
    await rename(`${clusterDir}.copy`, clusterDir);
  }
  return clusterDir;
}

/** Puts a link to `clusterDir` at `home`; what was there has been copied, and goes last. */
export async function linkOutside(home: string, clusterDir: string): Promise<void> {
  await rm(`${home}.link`, { force: true });
  await symlink(clusterDir, `${home}.link`);
  await rename(home, `${home}.moved`).catch(() => {});
  await rename(`${home}.link`, home);
  await rm(`${home}.moved`, { recursive: true, force: true });
}

/** What lies in the temporary folder may stay there; everything else must survive a reboot. */
async function chooseBase(source: string, account: Account): Promise<string> {
  const temporary = await realpath(tmpdir());
  const lasting = '/var/lib';
  const parents = source.startsWith(temporary + sep) ? [temporary, lasting] : [lasting, temporary];
  for (const parent of parents) {
    const base = join(parent, 'trato-embedded');
    await mkdir(base, { mode: 0o755 }).catch(() => {});
    const entry = await lstat(base).catch(() => undefined);
    // A folder that another user could write to could hold other programs than ours.
    if (!entry?.isDirectory() || entry.uid !== 0 || (entry.mode & 0o022) !== 0) continue;
    if ((entry.mode & 0o055) !== 0o055) await chmod(base, 0o755);
    if (canPass(account, base)) return base;
  }
  throw embeddedError(
    'DATA_DIR_UNUSABLE',
    `The database user can enter neither ${dirname(source)} nor a folder in ${parents.join(' or ')}. Set TRATO_DATA_DIR to a directory that every user can pass through.`,
  );
}

/** Clusters in the temporary folder whose data directory is gone (a test's, say). Elsewhere it may just not be mounted. */
async function removeForsaken(base: string): Promise<void> {
  const temporary = (await realpath(tmpdir())) + sep;
  for (const name of await readdir(base)) {
    const folder = join(base, name);
    const home = (await readFile(join(folder, 'owner'), 'utf8').catch(() => '')).trim();
    if (!folder.startsWith(temporary) || !home.startsWith(temporary)) continue;
    if (await lstat(dirname(home)).catch(() => undefined)) continue;
    await stopLeftoverServer(join(folder, 'cluster'), () => {});
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeReadable(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, basename(dirname(path)) === 'bin' ? 0o755 : 0o644);
  }
}

function run(file: string, args: string[], account: Account): void {
  const result = spawnSync(file, args, { ...account, cwd: '/', encoding: 'utf8' });
  if (result.status !== 0)
    throw embeddedError('EMBEDDED_DATABASE_FAILED', `${basename(file)} failed: ${(result.error?.message ?? result.stderr).trim()}`);
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
