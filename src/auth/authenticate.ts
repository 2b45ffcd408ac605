// From the Authorization header to the viewer, for HTTP requests and live connections alike.
import sql from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import type { DocumentPolicy } from '../db/models.ts';
import { apiError } from '../graphql/errors.ts';
import { onAccessChanged } from './access-changes.ts';
import { type Authorization, hashApiKey, parseAuthorization } from './api-key.ts';
import { isAuthError } from './auth-error.ts';
import { createTokenVerifier, type JwtConfig, type TokenVerifier } from './jwt.ts';
import { compileRole } from './permissions.ts';
import { type RoleColumns, roleColumns, viewerOfToken } from './sign-in.ts';
import type { Viewer } from './viewer.ts';
import { createViewerCache } from './viewer-cache.ts';

export type Authenticator = {
  /**
   * The viewer behind an `Authorization` header; null without one. `origin` is the `x-trato-origin` header; one that is
   * not 1 to 100 letters, digits, `_`, `.` or `-` is ignored. Throws apiError AUTHORIZATION_MALFORMED, TOKEN_EXPIRED,
   * TOKEN_INVALID, TOKEN_ISSUER_UNREACHABLE, and FORBIDDEN for a user without a role.
   */
  authenticate(header: string | undefined, origin: string | null): Promise<Viewer | null>;
  /** Forgets what is remembered of credentials; happens by itself after changes of access in this process. */
  forget(): void;
  /** Stops listening for such changes. */
  close(): void;
};

export type AuthenticatorOptions = {
  /** Tokens of this issuer are accepted; none without. */
  jwt?: JwtConfig | undefined;
  /** How long a credential is remembered: so long another process's withdrawal may take to be felt. Default 3000. */
  cacheMs?: number;
  /** How many credentials are remembered. Default 5000. */
  cacheSize?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
};

/** What plugins do is known by their own origin, which Trato itself gives: nobody says so from outside. */
const ORIGIN = /^(?!plugin\.)[\w.-]{1,100}$/;

/** Makes the authenticator of a process. */
export function createAuthenticator(db: Database, options: AuthenticatorOptions = {}): Authenticator {
  const { jwt, cacheMs = 3_000, cacheSize = 5_000, now = Date.now } = options;
  const verifier = jwt ? createTokenVerifier(jwt, { now }) : null;
  const cache = createViewerCache<Viewer>({ ttlMs: cacheMs, capacity: cacheSize, now });
  const stop = onAccessChanged(cache.clear);
  const readHeader = headerReader(cacheSize);
  return {
    authenticate: (header, origin) =>
      asApiErrors(async () => {
        const read = readHeader(header);
        if (!read) return null;
        const { authorization, hash } = read;
        const viewer = await cache.get(hash, () => lookUp(db, verifier, authorization, hash, now));
        return { ...viewer, origin: origin !== null && ORIGIN.test(origin) ? origin : null };
      }),
    forget: cache.clear,
    close: stop,
  };
}

type ReadHeader = { authorization: Authorization; hash: string };

/** Reads `Authorization` headers, each once as long as few others come: checksum and hash cost more than all else of a known credential. */
function headerReader(capacity: number): (header: string | undefined) => ReadHeader | null {
  const known = new Map<string, ReadHeader>();
  return (header) => {
    const found = header === undefined ? undefined : known.get(header);
    if (found) return found;
    const authorization = parseAuthorization(header);
    if (!authorization) return null;
    const read = { authorization, hash: hashApiKey(authorization.token) };
    if (known.size >= capacity) known.clear();
    known.set(header!, read);
    return read;
  };
}

async function lookUp(
  db: Database,
  verifier: TokenVerifier | null,
  { scheme, token }: Authorization,
  hash: string,
  now: () => number,
): Promise<Viewer> {
  if (scheme === 'api-key') return viewerOfKey(db, hash, now);
  if (!verifier) throw apiError('TOKEN_INVALID', 'This server accepts no tokens, only API keys.');
  return viewerOfToken(db, await verifier.verify(token));
}

type KeyRow = RoleColumns & {
  id: string;
  workspaceId: string;
  documents: DocumentPolicy;
  expiresAt: Date | null;
  revokedAt: Date | null;
};

async function viewerOfKey(db: Database, hash: string, now: () => number): Promise<Viewer> {
  const [key] =
    await db.query<KeyRow>(sql`select k.id, k.workspace_id as "workspaceId", k.documents, k.expires_at as "expiresAt", k.revoked_at as "revokedAt", ${roleColumns}
    from api_keys k join roles r on r.workspace_id = k.workspace_id and r.id = k.role_id where k.hash = ${hash}`);
  if (!key || key.revokedAt) throw apiError('TOKEN_INVALID', 'The API key is unknown or was withdrawn.');
  if (key.expiresAt && key.expiresAt.getTime() <= now()) throw apiError('TOKEN_EXPIRED', 'The API key has expired.');
  if (key.roleArchivedAt) throw apiError('TOKEN_INVALID', 'The role of the API key was archived.');
  return {
    workspaceId: key.workspaceId,
    actor: { kind: 'API_KEY', id: key.id },
    credentialId: key.id,
    userId: null,
    teamIds: [],
    role: compileRole(key),
    roleName: key.roleKey,
    roleId: key.roleId,
    documents: key.documents,
    expiresAt: key.expiresAt,
    origin: null,
  };
}

/** The errors of this folder become those of the API, under the same codes. */
async function asApiErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    switch (error.code) {
      case 'AUTHORIZATION_MALFORMED':
      case 'TOKEN_EXPIRED':
      case 'TOKEN_INVALID':
      case 'TOKEN_ISSUER_UNREACHABLE':
        throw apiError(error.code, error.message);
      default:
        throw error;
    }
  }
}
