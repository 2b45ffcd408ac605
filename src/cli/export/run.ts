// One export: page after page as JSON Lines. A page is written whole before its cursor counts, so the cursor told at an
// interruption is where the next run goes on.

import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createApiClient } from '../api/client.ts';
import { failure } from '../failure.ts';
import { startProgress } from '../progress.ts';
import { pagesOf } from './pages.ts';
import { selectionOf } from './selection.ts';

export type ExportSettings = {
  entity: string;
  /** Absolute path; undefined: standard output. Appended to where `after` is given, else written anew. */
  out: string | undefined;
  fields: string[] | undefined;
  after: string | undefined;
  url: string;
  key: string;
  retryForMs: number;
  quiet: boolean;
  interrupt: AbortSignal;
};
export type ExportOutcome = { written: number; cursor: string | undefined; end: 'done' | 'interrupted' };

type Sink = { write: (text: string) => Promise<void>; close: () => void };

function openSink(out: string | undefined, append: boolean): Sink {
  if (out === undefined) {
    return {
      write: async (text) => {
        if (!process.stdout.write(text)) await once(process.stdout, 'drain');
      },
      close: () => undefined,
    };
  }
  try {
    const file = openSync(out, append ? 'a' : 'w');
    return {
      write: async (text) => {
        writeSync(file, text);
      },
      close: () => {
        closeSync(file);
      },
    };
  } catch (cause) {
    throw failure('OUTPUT_UNWRITABLE', `${out} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Writes all records of a connection. `onPage` hears the cursor after every page that is written. */
export async function runExport(settings: ExportSettings, onPage: (cursor: string) => void): Promise<ExportOutcome> {
  const selection = selectionOf(settings.entity, settings.fields);
  const progress = startProgress({ totalBytes: undefined, unit: 'records', quiet: settings.quiet });
  const client = createApiClient({
    url: settings.url,
    key: settings.key,
    retryForMs: settings.retryForMs,
    onWait: (reason, waitMs) => {
      progress.note(`waiting ${(waitMs / 1000).toFixed(1)} s for the server: ${reason}`);
    },
  });
  const outcome: ExportOutcome = { written: 0, cursor: settings.after, end: 'done' };
  let sink: Sink | undefined;
  progress.label(settings.entity);
  try {
    for await (const { records, endCursor } of pagesOf(client, settings.entity, selection, settings.after, settings.interrupt)) {
      sink ??= openSink(settings.out, settings.after !== undefined);
      await sink.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      outcome.written += records.length;
      progress.rows(records.length);
      if (endCursor === null) continue;
      outcome.cursor = endCursor;
      onPage(endCursor);
    }
    if (settings.interrupt.aborted) outcome.end = 'interrupted';
    return outcome;
  } finally {
    sink?.close();
    progress.stop();
  }
}
