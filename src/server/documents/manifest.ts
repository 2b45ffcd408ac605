// Manifests of trusted documents, in the formats that the usual tools write.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { startFailure } from '../failure.ts';

/** GraphQL Code Generator and relay-compiler: `{ "<id>": "<document>" }`. */
const byId = z.record(z.string().min(1), z.string().min(1));
/** Apollo's generate-persisted-query-manifest. */
const ofApollo = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
});

/**
 * The documents of a manifest file: id and text of each, in the order of the file. Throws a start failure
 * CONFIG_DOCUMENTS_INVALID that names the file and the reason.
 */
export async function readManifest(file: string): Promise<[id: string, text: string][]> {
  const json = parse(file, await read(file));
  const apollo = ofApollo.safeParse(json);
  if (apollo.success) return apollo.data.operations.map(({ id, body }) => [id, body]);
  const plain = byId.safeParse(json);
  if (!plain.success || 'format' in plain.data) {
    throw badManifest(file, 'it is neither { "<id>": "<document>" } nor a manifest of Apollo (version 1)');
  }
  return Object.entries(plain.data);
}

/** The error for a manifest that cannot be used. */
export function badManifest(file: string, reason: string): Error {
  return startFailure('CONFIG_DOCUMENTS_INVALID', `the trusted documents of ${file} cannot be used: ${reason}`);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw badManifest(file, (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badManifest(file, 'it is not JSON');
  }
}
