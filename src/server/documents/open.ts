// The trusted documents of a server, held to the rules and limits that hold for any document.
import type { Logger } from 'pino';
import { checkDocument, type DocumentChecks } from '../../graphql/check-document.ts';
import { openTrustedDocuments, type TrustedDocuments } from './store.ts';

/** Reads these manifests. Throws as `openTrustedDocuments`. */
export function openDocuments(checks: DocumentChecks, files: readonly string[], log: Logger): Promise<TrustedDocuments> {
  return openTrustedDocuments({ files, check: (text) => checkDocument(checks, text), log });
}
