// Where cluster and programs lie. Mostly where one expects them; but root's unprivileged database user cannot enter
// folders such as /root (0700), and then both have to lie outside.
import { chmod, lstat, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Account, canPass, canRun, chooseAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { embeddedError } from './errors.ts';
import { copyBinaries, linkOutside, placeOutside } from './outside.ts';

export type Place = {
  clusterDir: string;
  account: Account;
  binaries: Binaries;
  /** The cluster's own folder outside; to be locked like the data directory, for a copied link leads there as well. */
  folder?: string;
  /** To be called once the cluster is whole: from then on the data directory leads to it. */
  keep(): Promise<void>;
};

/** Decides where the cluster of `dataDir` (a real path, locked) lies, who runs it, and from which programs. */
export async function choosePlace(dataDir: string, installed: Binaries, log: (line: string) => void): Promise<Place> {
  const home = join(dataDir, 'postgres');
  await undoHalfMove(home);
  const linked = await linkTarget(home);
  const account = chooseAccount(linked ?? home, log);
  const binaries = canRun(account, installed) ? installed : await copyBinaries(installed, account, log);
  if (linked !== undefined) {
    await rm(`${home}.moved`, { recursive: true, force: true });
    return { clusterDir: linked, account, binaries, ...folderOf(linked), keep: async () => {} };
  }
  if (await makePassable(account, dataDir)) return { clusterDir: home, account, binaries, keep: async () => {} };
  const clusterDir = await placeOutside(home, account, binaries, log);
  return { clusterDir, account, binaries, ...folderOf(clusterDir), keep: () => linkOutside(home, clusterDir) };
}

/** A link that somebody else made to a disk of theirs may lead to where nothing can be written beside the cluster. */
function folderOf(clusterDir: string): { folder?: string } {
  return process.getuid?.() === 0 ? { folder: dirname(clusterDir) } : {};
}

/** Real path of a cluster that was placed outside and is linked from the data directory. */
async function linkTarget(home: string): Promise<string | undefined> {
  const entry = await lstat(home).catch(() => undefined);
  if (!entry?.isSymbolicLink()) return undefined;
  return realpath(home).catch((cause) => {
    throw embeddedError('DATA_DIR_UNUSABLE', `${home} points to a database that is not there.`, cause);
  });
}

/** A move outside that was interrupted between taking the old directory away and putting the link in its place. */
async function undoHalfMove(home: string): Promise<void> {
  if (await lstat(home).catch(() => undefined)) return;
  await rename(`${home}.moved`, home).catch(() => {});
}

/** A data directory that only itself shuts others out is opened for passing through; its secrets are files of mode 0600. */
async function makePassable(account: Account, dataDir: string): Promise<boolean> {
  if (canPass(account, dataDir)) return true;
  if (!canPass(account, dirname(dataDir))) return false;
  await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
  return canPass(account, dataDir);
}
