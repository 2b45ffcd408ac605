// The books of one import: what is acknowledged, counted and rejected, kept on disk where the import can be resumed.
import { randomUUID } from 'node:crypto';
import type { Batch, Rejected } from './batches.ts';
import type { Counts } from './counts.ts';
import { added, noCounts } from './counts.ts';
import { START } from './decoded.ts';
import type { Fingerprint } from './input.ts';
import { rejectsFile } from './rejects.ts';
import type { RowResult } from './send.ts';
import type { ImportState } from './state.ts';
import { checkSameImport, loadState, removeState, saveState } from './state.ts';

export type LedgerSettings = {
  input: Fingerprint & { path: string };
  mapping: string;
  server: string;
  batchSize: number;
  passes: number;
  /** Undefined: nothing is kept and a run cannot be resumed (a dry run, standard input). */
  statePath: string | undefined;
  rejectsPath: string;
  restart: boolean;
};
export type Ledger = {
  readonly state: Readonly<ImportState>;
  readonly resumed: boolean;
  readonly rejectsPath: string;
  acknowledge: (passName: string, batch: Batch, results: RowResult[]) => void;
  setupDone: () => void;
  header: (columns: string[] | undefined) => void;
  nextPass: () => void;
  /** The import failed: where no row was sent yet there is nothing to go on from, and the state is forgotten. */
  abandon: () => void;
  /** The import is complete: forget its state. */
  finish: () => void;
};

/** Opens the books: those of an interrupted import of the same things, or new ones. */
export function openLedger(settings: LedgerSettings): Ledger {
  const { statePath, rejectsPath, input, mapping, server } = settings;
  const old = statePath && !settings.restart ? loadState(statePath) : undefined;
  if (old) checkSameImport(old, { input, mapping, server, rejects: rejectsPath });
  const rejects = rejectsFile(rejectsPath);
  const state: ImportState = old ?? {
    version: 1,
    importId: randomUUID(),
    startedAt: new Date().toISOString(),
    input: { path: input.path, size: input.size, mtimeMs: input.mtimeMs, head: input.head },
    mapping,
    server,
    batchSize: settings.batchSize,
    setupDone: false,
    pass: 0,
    batch: 0,
    position: START,
    counts: Array.from({ length: settings.passes }, noCounts),
    rejects: { path: rejectsPath, bytes: 0 },
  };
  rejects.rewind(state.rejects.bytes);
  const save = (): void => {
    if (statePath) saveState(statePath, state);
  };
  save();

  return {
    state,
    resumed: old !== undefined,
    rejectsPath,
    acknowledge(passName, batch, results) {
      const refused = results.flatMap((result, index): Rejected[] => {
        const record = batch.records[index];
        return result.status === 'REJECTED' && record ? [{ record, problems: result.problems }] : [];
      });
      const rejected = [...batch.rejected, ...refused].sort((one, other) => one.record.number - other.record.number);
      if (rejected.length > 0) state.rejects.bytes = rejects.append(passName, rejected);
      state.counts[state.pass] = added(state.counts[state.pass] ?? noCounts(), countsOf(batch, results, rejected.length));
      state.batch = batch.number + 1;
      state.position = batch.end;
      save();
    },
    setupDone() {
      state.setupDone = true;
      save();
    },
    header(columns) {
      if (!columns || state.columns) return;
      state.columns = columns;
      save();
    },
    nextPass() {
      state.pass += 1;
      state.batch = 0;
      state.position = START;
      save();
    },
    abandon() {
      if (statePath && !state.setupDone) removeState(statePath);
    },
    finish() {
      if (statePath) removeState(statePath);
    },
  };
}

function countsOf(batch: Batch, results: RowResult[], rejected: number): Counts {
  const of = (status: RowResult['status']): number => results.filter((result) => result.status === status).length;
  return { read: batch.read, skipped: batch.skipped, rejected, created: of('CREATED'), updated: of('UPDATED'), unchanged: of('UNCHANGED') };
}
