// What an interrupted import needs to go on exactly where it stopped: written after every acknowledged batch, whole
// or not at all, beside the input.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { failure } from '../failure.ts';
import type { Fingerprint } from './input.ts';

const count = z.number().int().nonnegative();
const counts = z.strictObject({ read: count, created: count, updated: count, unchanged: count, rejected: count, skipped: count });
const stateSchema = z.strictObject({
  version: z.literal(1),
  importId: z.string(),
  startedAt: z.string(),
  input: z.strictObject({ path: z.string(), size: count, mtimeMs: z.number(), head: z.string() }),
  mapping: z.string(),
  server: z.string(),
  batchSize: count,
  setupDone: z.boolean(),
  columns: z.array(z.string()).optional(),
  /** The pass under way, its next batch and where that begins. */
  pass: count,
  batch: count,
  position: z.strictObject({ offset: count, line: count, record: count }),
  counts: z.array(counts),
  rejects: z.strictObject({ path: z.string(), bytes: count }),
});
export type ImportState = z.infer<typeof stateSchema>;

/** Reads a state file; undefined where there is none. Throws BAD_STATE where it is not one of ours. */
export function loadState(path: string): ImportState | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure('BAD_STATE', `the state file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw failure('BAD_STATE', `${path} is not the state of an import`, {
      cause,
      hint: 'Start over with --restart, or name another with --state.',
    });
  }
}

/** Replaces the state file in one step: a reader finds the old one or the new one, also after a power cut. */
export function saveState(path: string, state: ImportState): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      writeSync(file, `${JSON.stringify(state)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    throw failure('STATE_UNWRITABLE', `the state file ${path} cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: 'Name a place that can be written with --state.',
    });
  }
}

export function removeState(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}.tmp`, { force: true });
}

/** Refuses to go on with another file, mapping or server than the import began with. */
export function checkSameImport(
  state: ImportState,
  now: { input: Fingerprint & { path: string }; mapping: string; server: string; rejects: string },
): void {
  const { input } = state;
  const changed =
    input.size !== now.input.size || input.mtimeMs !== now.input.mtimeMs || input.head !== now.input.head
      ? ['INPUT_CHANGED', `${now.input.path} has changed`]
      : state.mapping !== now.mapping
        ? ['MAPPING_CHANGED', 'the mapping has changed']
        : state.server !== now.server
          ? ['SERVER_CHANGED', `another workspace is given (it went to ${state.server}, this is ${now.server})`]
          : state.rejects.path !== now.rejects
            ? ['REJECTS_CHANGED', `its rejected rows went to ${state.rejects.path}`]
            : undefined;
  if (!changed) return;
  throw failure(
    changed[0] as string,
    `an import of this file was interrupted after ${state.position.record} records of pass ${state.pass + 1}, and since then ${changed[1]}`,
    {
      hint: 'Call it as before to go on, or start over with --restart: rows that are already there come out as unchanged.',
    },
  );
}
