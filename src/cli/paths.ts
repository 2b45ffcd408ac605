import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

// npm runs scripts in the project's folder and keeps the caller's in INIT_CWD; a path is meant as seen by the caller.
const callerFolder = (): string => (process.env.npm_lifecycle_event === 'trato' && process.env.INIT_CWD) || process.cwd();

/** A path to write to, relative to where the user stands. */
export const outputPath = (path: string): string => resolve(callerFolder(), path);

/** A path to read from: relative to where the user stands, else (the shipped examples) to the project. */
export function inputPath(path: string): string {
  const own = resolve(callerFolder(), path);
  const shipped = resolve(process.cwd(), path);
  return !existsSync(own) && existsSync(shipped) ? shipped : own;
}
