// One process per data directory. Node offers no file locks, but SQLite takes them: the kernel drops such a lock with
// the process that held it, so a SIGKILL leaves nothing stale, pids are never compared, and two starters cannot both win.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { embeddedError, errorCode } from './errors.ts';
import { isAlive } from './processes.ts';

const SQLITE_BUSY = 5;

/**
 * Takes the lock of `dataDir` (which exists) until `release()` or the end of this process.
 * @throws DATA_DIR_IN_USE naming the directory and the pid of the process that holds it; DATA_DIR_UNUSABLE where the
 * file system cannot lock.
 */
export async function lockDataDir(dataDir: string): Promise<{ release(): void }> {
  const ownerFile = join(dataDir, 'postgres.owner');
  const deadline = Date.now() + 1000;
  for (;;) {
    const lock = tryLock(dataDir);
    if (lock) {
      writeFileSync(ownerFile, `${process.pid}\n`, { mode: 0o600 });
      return lock;
    }
    // The winner of a race writes its pid just after it has the lock: until then the file may name its predecessor.
    const pid = readPid(ownerFile);
    if ((pid && isAlive(pid)) || Date.now() > deadline) {
      const by = pid && isAlive(pid) ? `process ${pid}` : 'another process';
      throw embeddedError(
        'DATA_DIR_IN_USE',
        `The data directory ${dataDir} is in use by ${by}. Stop that one first, or set TRATO_DATA_DIR to another directory.`,
      );
    }
    await delay(10);
  }
}

function tryLock(dataDir: string): { release(): void } | undefined {
  const { DatabaseSync } = loadSqlite();
  let file: InstanceType<typeof DatabaseSync> | undefined;
  try {
    makeFile(join(dataDir, 'postgres.lock'));
    file = new DatabaseSync(join(dataDir, 'postgres.lock'));
    file.exec('begin exclusive');
  } catch (error) {
    file?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw embeddedError('DATA_DIR_UNUSABLE', `The data directory ${dataDir} cannot be locked: ${(error as Error).message}.`, error);
  }
  const held = file;
  return { release: () => held.close() };
}

/** Nobody else may lock it. An existing file is not opened: closing it again would drop a lock that this process holds. */
function makeFile(path: string): void {
  try {
    writeFileSync(path, '', { flag: 'ax', mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {}; // the first releases of Node 24 call this module experimental
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

function readPid(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}
