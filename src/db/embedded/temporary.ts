// An embedded server in a temporary folder that goes with it: for tests, of Trato and of plugins.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase } from './index.ts';

// What is lost in a crash does not matter here; what is gained is most of the time that commits take.
const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts one; its folder begins with `trato-<kind>-`. `settings` are of PostgreSQL. */
export async function startTemporaryDatabase(
  kind: string,
  settings: Record<string, string> = {},
): Promise<{ url: string; stop(): Promise<void> }> {
  await removeAbandoned(kind);
  const folder = await mkdtemp(join(tmpdir(), `trato-${kind}-${process.pid}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const server = await startEmbeddedDatabase({ dataDir: join(folder, 'data'), settings: { ...careless, ...settings } });
    return { url: server.url, stop: () => server.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A run that was killed leaves its folder behind; its server has stopped with it. */
async function removeAbandoned(kind: string): Promise<void> {
  const begins = `trato-${kind}-`;
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(begins) ? Number(/^(\d+)-/.exec(name.slice(begins.length))?.[1]) : 0;
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
