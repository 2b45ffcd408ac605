import { createHash, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const POLL_MS = 100;

/**
 * Runs `work` while no other process runs anything for the same `root`; waits for one that does. The lock lies in the
 * temporary folder, since what is being installed may delete everything else, and dies with its process.
 * @template T
 * @param {string} root
 * @param {{ onWait?: (file: string) => void }} options `onWait` is called once, with the lock file that names the other's pid, if there is something to wait for
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(root, { onWait }, work) {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `trato-install-${process.getuid?.() ?? ''}-${key}.lock`);
  let waited = false;
  while (!take(file)) {
    if (!waited) onWait?.(file);
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  // A link appears with its content, so nobody ever reads a lock without its pid.
  const own = `${file}.${randomUUID()}`;
  writeFileSync(own, String(process.pid), { mode: 0o600 });
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const holder = readHolder(file);
  if (holder === undefined || isAlive(holder)) return false;
  // Of several that find a dead holder only one can rename its file away; whoever caught a living one's puts it back.
  const stale = `${file}.${randomUUID()}`;
  try {
    renameSync(file, stale);
  } catch {
    return false;
  }
  if (readHolder(stale) === holder) rmSync(stale, { force: true });
  else renameSync(stale, file);
  return false;
}

function readHolder(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
