// A process of the server that was given manifests, beside the test's own server on one database.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestProcess, type TestServer } from '../support/server.ts';

export type TrustedProcess = Pick<TestServer, 'url' | 'wsUrl' | 'origin' | 'adminKey'> & {
  /** Its log so far. */
  log(): string;
  /** Ends it. */
  stop(): Promise<void>;
};

/** Starts one that trusts `documents` (by id); `settings` are further settings. `folder` keeps its files. */
export async function startTrusted(
  server: TestServer,
  folder: string,
  documents: Record<string, string>,
  settings: Record<string, string> = {},
): Promise<TrustedProcess> {
  const manifest = join(folder, 'documents.json');
  await writeFile(manifest, JSON.stringify(documents));
  const made = startTestProcess({
    DATABASE_URL: server.databaseUrl,
    TRATO_API_KEY: server.adminKey,
    TRATO_DATA_DIR: folder,
    TRATO_DEMO: '0',
    TRATO_TRUSTED_DOCUMENTS: manifest,
    ...settings,
  });
  const { url } = await made.ready();
  return {
    url,
    wsUrl: url.replace('http', 'ws'),
    origin: new URL(url).origin,
    adminKey: server.adminKey,
    log: made.stderr,
    async stop() {
      made.kill();
      await made.exited;
    },
  };
}
