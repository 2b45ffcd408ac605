// A server's parts for benchmarks: a real database that syncs its disk, migrated, with one workspace and the event log running.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemViewer } from '../src/auth/system-viewer.ts';
import type { Viewer } from '../src/auth/viewer.ts';
import { type Database, openDatabase } from '../src/db/database.ts';
import { startEmbeddedDatabase } from '../src/db/embedded/index.ts';
import { applyMigrations } from '../src/db/migrate.ts';
import { createWorkspace } from '../src/modules/workspace/index.ts';

export type Bench = { db: Database; viewer: Viewer; apiKey: string; stop(): Promise<void> };

export async function startBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'trato-bench-'));
  const server = await startEmbeddedDatabase({ dataDir: folder });
  await applyMigrations({ url: server.url });
  const db = openDatabase(server.url, { max: 20 });
  const { workspaceId, apiKey } = await createWorkspace(db, { key: 'main', name: 'Bench', currency: 'GBP', country: 'GB' });
  return {
    db,
    viewer: systemViewer(workspaceId),
    apiKey,
    async stop() {
      await db.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The value below which `share` of the values lie. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: number[]): number {
  return percentile(values, 0.5);
}

/** Prints rows in columns. */
export function table(rows: (string | number)[][]): void {
  const widths = rows[0]!.map((_cell, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  for (const row of rows)
    console.log(row.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!))).join('  '));
}
