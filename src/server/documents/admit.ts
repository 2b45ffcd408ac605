// Which document a request runs: the one written out, or a trusted one by its id (GraphQL over HTTP, appendix
// "persisted documents"), and whether the credential may send what it sent.
import type { Viewer } from '../../auth/viewer.ts';
import type { DocumentPolicy } from '../../db/models.ts';
import { apiError } from '../../graphql/errors.ts';
import type { TrustedDocument, TrustedDocuments } from './store.ts';

/** The trusted documents of a server, and what every caller is held to, whatever its own policy. */
export type DocumentGate = { trusted: TrustedDocuments; policy: DocumentPolicy };

export type DocumentRequest = { query?: unknown; documentId?: unknown; extensions?: unknown };

/**
 * The trusted document that a request names; null where it holds its own. Throws DOCUMENT_UNKNOWN for an id that no
 * manifest has, DOCUMENT_NOT_TRUSTED for a document of one's own from a caller of trusted documents only, BAD_REQUEST for
 * a request that names two.
 */
export function admitDocument(gate: DocumentGate | undefined, viewer: Viewer | null, request: DocumentRequest): TrustedDocument | null {
  const id = idOf(gate, request);
  if (id === null) {
    const trustedOnly = gate?.policy === 'TRUSTED' || viewer?.documents === 'TRUSTED';
    if (trustedOnly && isGiven(request.query)) {
      throw apiError('DOCUMENT_NOT_TRUSTED', 'Only trusted documents may be sent, by their documentId.');
    }
    return null;
  }
  const found = gate?.trusted.find(id);
  if (!found) throw apiError('DOCUMENT_UNKNOWN', `There is no trusted document ${JSON.stringify(id.slice(0, 90))}.`);
  if (isGiven(request.query) && request.query !== found.text) {
    throw apiError('BAD_REQUEST', 'query is not the document of documentId: send one of them.');
  }
  return found;
}

/** An id stands beside the query, where the appendix has it, or in the extensions, which every client lets be set. */
function idOf(gate: DocumentGate | undefined, { query, documentId, extensions }: DocumentRequest): string | null {
  const inExtensions = fieldsOf(extensions);
  const given = [documentId, inExtensions.documentId].filter(isGiven);
  if (given.some((id) => typeof id !== 'string')) throw apiError('BAD_REQUEST', 'documentId must be a text.');
  if (new Set(given).size > 1) throw apiError('BAD_REQUEST', 'Two documentIds were sent.');
  if (given.length > 0) return given[0] as string;
  // Apollo Client's link for persisted queries names a document of its manifest this way.
  const hash = fieldsOf(inExtensions.persistedQuery).sha256Hash;
  return gate && gate.trusted.size() > 0 && !isGiven(query) && typeof hash === 'string' ? hash : null;
}

/** An empty text stands for none: the socket protocol asks for a query in every message. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
