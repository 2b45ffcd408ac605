// The trusted documents of a server: read from their manifests, checked against the schema, and kept parsed.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { DocumentNode } from 'graphql';
import type { Logger } from 'pino';
import { badManifest, readManifest } from './manifest.ts';

/** A document that passed the same checks as one that a client sends. */
export type TrustedDocument = { text: string; document: DocumentNode };

export type TrustedDocuments = {
  /** The document of an id: as its manifest says, or `sha256:` and the lower-case hex SHA-256 of its text. */
  find(id: string): TrustedDocument | undefined;
  /** How many documents there are. */
  size(): number;
  /** Reads the manifests again, all or nothing. Throws as `openTrustedDocuments`. */
  reload(): Promise<void>;
  /** Looks at the files no longer. */
  stop(): Promise<void>;
};

export type TrustedDocumentsOptions = {
  /** Absolute paths of the manifests. */
  files: readonly string[];
  /** Parses and validates a text; throws an error, or an array of them. */
  check: (text: string) => DocumentNode;
  log: Logger;
  /** How often the files are looked at, in milliseconds. Default 2000. */
  pollMs?: number;
};

const PREFIX = 'sha256:';

/**
 * Reads the manifests and follows their changes. While a changed file cannot be used, the documents stay as they were,
 * and the log says why. Throws a start failure CONFIG_DOCUMENTS_INVALID that names the file and the reason.
 */
export async function openTrustedDocuments({ files, check, log, pollMs = 2_000 }: TrustedDocumentsOptions): Promise<TrustedDocuments> {
  let seen = await stampOf(files);
  let documents = await readAll(files, check);
  let looking: Promise<void> | undefined;

  async function reload(): Promise<void> {
    const stamp = await stampOf(files);
    documents = await readAll(files, check);
    seen = stamp;
  }

  async function look(): Promise<void> {
    const stamp = await stampOf(files);
    if (stamp === seen) return;
    try {
      await reload();
      log.info({ files, documents: sizeOf(documents) }, 'trusted documents were read again');
    } catch (error) {
      seen = stamp; // told once, not at every look
      log.error({ err: error }, 'trusted documents cannot be read again: those of before stay');
    }
  }

  // Polled rather than watched: notifications get lost on network and container mounts, and on files that are replaced.
  const timer =
    files.length === 0
      ? undefined
      : setInterval(() => {
          looking ??= look().finally(() => {
            looking = undefined;
          });
        }, pollMs).unref();

  return {
    find: (id) => documents.get(id),
    size: () => sizeOf(documents),
    reload,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** Text that differs once a file was changed or replaced. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    const found = await stat(file).catch(() => null);
    return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

async function readAll(files: readonly string[], check: TrustedDocumentsOptions['check']): Promise<Map<string, TrustedDocument>> {
  const documents = new Map<string, TrustedDocument>();
  for (const file of files) {
    for (const [id, text] of await readManifest(file)) {
      const hash = PREFIX + createHash('sha256').update(text).digest('hex');
      if (id.startsWith(PREFIX) && id !== hash) throw badManifest(file, `${shown(id)} is not the SHA-256 of its document`);
      const other = documents.get(id);
      if (other && other.text !== text) throw badManifest(file, `${shown(id)} is the id of two documents`);
      const trusted = documents.get(hash) ?? { text, document: checked(file, id, text, check) };
      documents.set(hash, trusted).set(id, trusted);
    }
  }
  return documents;
}

function checked(file: string, id: string, text: string, check: TrustedDocumentsOptions['check']): DocumentNode {
  try {
    return check(text);
  } catch (thrown) {
    const [error] = Array.isArray(thrown) ? thrown : [thrown];
    const name = /\b(?:query|mutation|subscription|fragment)\s+(\w+)/.exec(text)?.[1];
    throw badManifest(file, `${name ?? 'the document'} (${shown(id)}): ${(error as Error).message}`);
  }
}

const sizeOf = (documents: Map<string, TrustedDocument>) => new Set(documents.values()).size;
const shown = (id: string) => (id.length > 90 ? `${id.slice(0, 90)}…` : id);
