// The administrator's key in the data directory: what the first start generates and later starts and the command line read.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the key lies. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'api-key');
}

/** The stored key; null without one. */
export function readKey(dataDir: string): string | null {
  try {
    return readFileSync(keyFile(dataDir), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

/** Stores the key for its owner only. Gives false where the directory cannot be written. */
export function storeKey(dataDir: string, key: string): boolean {
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(keyFile(dataDir), `${key}\n`, { mode: 0o600 });
    chmodSync(keyFile(dataDir), 0o600); // a file that was there keeps its mode else
    return true;
  } catch {
    return false;
  }
}
