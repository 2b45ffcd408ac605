// One import from start to end: check everything, set up, then pass after pass through the file.
import { createApiClient } from '../api/client.ts';
import { failure, isFailure } from '../failure.ts';
import type { Progress } from '../progress.ts';
import { startProgress } from '../progress.ts';
import { batchesOf, batchLimits } from './batches.ts';
import type { Counts } from './counts.ts';
import { summaryLine, total } from './counts.ts';
import { START } from './decoded.ts';
import type { Fingerprint, Input } from './input.ts';
import { describeInput, fingerprint, isSeekable, skippedBytes } from './input.ts';
import type { Ledger } from './ledger.ts';
import { openLedger } from './ledger.ts';
import type { Mapping, Pass } from './mapping.ts';
import { loadMapping } from './mapping.ts';
import type { PassEnd } from './pipeline.ts';
import { sendAll } from './pipeline.ts';
import { checkAgainstServer, serverIdentity, serverTypes } from './preflight.ts';
import { openRecords } from './records.ts';
import type { RowResult, SendOptions } from './send.ts';
import { sendRows } from './send.ts';
import type { SetupOutcome } from './setup.ts';
import { runSetup, withoutPending } from './setup.ts';

export type ImportSettings = {
  /** Absolute path of the file, or "-". */
  inputPath: string;
  mappingPath: string;
  url: string;
  key: string;
  dryRun: boolean;
  restart: boolean;
  rejectsPath: string;
  statePath: string;
  concurrency: number;
  batchSize: number;
  retryForMs: number;
  quiet: boolean;
  interrupt: AbortSignal;
};
export type ImportOutcome = {
  end: PassEnd;
  dryRun: boolean;
  setup: SetupOutcome | undefined;
  passes: { name: string; counts: Counts }[];
  total: Counts;
  rejectsPath: string;
  /** Call when the outcome has been told: forgets the state of a finished import. */
  finish: () => void;
};

const NO_FILE: Fingerprint = { size: 0, mtimeMs: 0, head: '' };
/** How long the first request may take to find a server that is just starting, in ms. */
const FIRST_CONTACT_MS = 3000;

/** Runs an import. Rejected rows are in the outcome; everything that ends it early is thrown, with its state kept. */
export async function runImport(settings: ImportSettings): Promise<ImportOutcome> {
  const { inputPath, dryRun } = settings;
  const mapping = loadMapping(settings.mappingPath);
  const input = describeInput(inputPath, mapping.source);
  const isFile = inputPath !== '-';
  if (!isFile && mapping.passes.length > 1) {
    throw failure('STDIN_ONE_PASS', `the mapping reads its input ${mapping.passes.length} times, and standard input can be read once`, {
      hint: 'Write it to a file first.',
    });
  }
  const identity = isFile ? fingerprint(inputPath) : NO_FILE;
  if (isFile) await checkHeader(input, mapping);

  const progress = startProgress({
    totalBytes: input.size === undefined ? undefined : input.size * mapping.passes.length,
    unit: 'rows',
    quiet: settings.quiet,
  });
  try {
    const client = createApiClient({
      url: settings.url,
      key: settings.key,
      retryForMs: settings.retryForMs,
      onWait: (reason, waitMs) => {
        progress.note(`waiting ${(waitMs / 1000).toFixed(1)} s for the server: ${reason}`);
      },
    });
    const types = await serverTypes(client, FIRST_CONTACT_MS);
    if (types) checkAgainstServer(mapping, types);
    const ledger = openLedger({
      input: { path: inputPath, ...identity },
      mapping: mapping.sha256,
      server: await serverIdentity(client),
      batchSize: settings.batchSize,
      passes: mapping.passes.length,
      statePath: dryRun || !isFile ? undefined : settings.statePath,
      rejectsPath: settings.rejectsPath,
      restart: settings.restart,
    });
    if (ledger.resumed)
      progress.note(
        `going on after ${ledger.state.position.record} records of pass ${Math.min(ledger.state.pass + 1, mapping.passes.length)} of ${mapping.passes.length}`,
      );

    const { end, setup } = await runAll({ input, mapping, ledger, progress, settings, send: { client, dryRun } }, identity);
    const { counts } = ledger.state;
    const passes = mapping.passes.map(({ name }, index) => ({ name, counts: counts[index] as Counts }));
    return {
      end,
      dryRun,
      setup,
      passes,
      total: total(counts),
      rejectsPath: ledger.rejectsPath,
      finish: () => {
        ledger.finish();
      },
    };
  } finally {
    progress.stop();
  }
}

type Work = {
  input: Input;
  mapping: Mapping;
  ledger: Ledger;
  progress: Progress;
  settings: ImportSettings;
  send: Omit<SendOptions, 'target'>;
};

async function runAll(work: Work, identity: Fingerprint): Promise<{ end: PassEnd; setup: SetupOutcome | undefined }> {
  const { input, mapping, ledger, progress, settings, send } = work;
  let setup: SetupOutcome | undefined;
  try {
    if (!ledger.state.setupDone) {
      setup = await runSetup(mapping.setup, ledger.state.importId, { ...send, stop: settings.interrupt });
      ledger.setupDone();
    }
    progress.skip((input.size ?? 0) * ledger.state.pass + skippedBytes(input, ledger.state.position.offset));
    let end: PassEnd = 'done';
    while (end === 'done' && ledger.state.pass < mapping.passes.length) {
      const { pass: index } = ledger.state;
      const pass = mapping.passes[index] as Pass;
      progress.label(mapping.passes.length > 1 ? `pass ${index + 1} of ${mapping.passes.length}, ${pass.name}` : pass.name);
      end = await runPass(pass, work, setup?.pending.get(pass.target.into));
      if (input.path !== '-') checkUnchanged(identity, input.path);
      if (end === 'done') ledger.nextPass();
    }
    return { end, setup };
  } catch (error) {
    if (isFailure(error) && error.code === 'STOPPED') return { end: 'interrupted', setup };
    ledger.abandon();
    if (ledger.state.position.record > 0) progress.note(`acknowledged so far: ${summaryLine(total([...ledger.state.counts]))}`);
    throw error;
  }
}

async function checkHeader(input: Input, mapping: Mapping): Promise<void> {
  const { close } = await openRecords(input, mapping.source, START, mapping.columns, undefined);
  await close();
}

function checkUnchanged(before: Fingerprint, path: string): void {
  const now = fingerprint(path);
  if (now.size !== before.size || now.mtimeMs !== before.mtimeMs || now.head !== before.head) {
    throw failure('INPUT_CHANGED', `${path} was changed while it was imported`, { hint: 'Import it again with --restart.' });
  }
}

async function runPass(
  pass: Pass,
  { input, mapping, ledger, progress, settings, send }: Work,
  pending: Set<string> | undefined,
): Promise<PassEnd> {
  const { state } = ledger;
  const { importId, pass: passIndex } = state;
  const before = (input.size ?? 0) * passIndex;
  progress.bytes(before + skippedBytes(input, state.position.offset));
  // What is read runs ahead of what is acknowledged; where the file's offsets are known the latter is shown.
  let taken = before;
  const onBytes = (count: number): void => {
    taken += count;
    if (!isSeekable(input)) progress.bytes(taken);
  };
  const { columns, records } = await openRecords(
    input,
    mapping.source,
    state.position,
    mapping.columns,
    state.position.offset > 0 ? state.columns : undefined,
    onBytes,
  );
  ledger.header(columns);
  const batches = batchesOf(records, pass, batchLimits(state.batchSize), state.position, state.batch, passIndex === 0);
  const sendBatch = (batch: { number: number; rows: object[] }, stop: AbortSignal): Promise<RowResult[]> => {
    const rows = (batch.rows as Record<string, unknown>[]).map((row) => withoutPending(row, pending));
    return sendRows(rows, `${importId}:${passIndex}:${batch.number}`, { ...send, target: pass.target, stop });
  };
  return sendAll(
    batches,
    sendBatch,
    (batch, results) => {
      ledger.acknowledge(pass.name, batch, results);
      progress.rows(batch.read);
      if (isSeekable(input)) progress.bytes(before + batch.end.offset);
    },
    { concurrency: pass.ordered ? 1 : settings.concurrency, interrupt: settings.interrupt },
  );
}
