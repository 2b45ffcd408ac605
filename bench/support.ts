// A server's parts for benchmarks: a real database that syncs its disk, migrated, with one workspace and the event log running.
import { spawn } from 'node:child_process';
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

/** Starts Trato as a process of its own, without demo data, and waits until it is ready. */
export async function spawnServer(env: Record<string, string>): Promise<{ origin: string; stop(): Promise<void> }> {
  const port = 20_000 + (process.pid % 20_000);
  const origin = `http://127.0.0.1:${port}`;
  const settings = { ...process.env, NODE_ENV: 'production', PORT: String(port), TRATO_DEMO: '0', TRATO_LOG_LEVEL: 'error', ...env };
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: settings,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let i = 0; i < 600; i++) {
    const ready = await fetch(`${origin}/readyz`).catch(() => null);
    if (ready?.ok) {
      return {
        origin,
        async stop() {
          child.kill('SIGTERM');
          await exited;
        },
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error('the server did not become ready');
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
