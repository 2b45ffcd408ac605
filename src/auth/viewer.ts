// Who asks: the result of authentication, carried by every request context.
import type { DocumentPolicy } from '../db/models.ts';
import type { CompiledRole } from './permissions.ts';

export type ActorKind = 'USER' | 'API_KEY' | 'SYSTEM';

/** The authenticated caller of one request. All ids are plain UUIDs. */
export type Viewer = {
  workspaceId: string;
  actor: { kind: ActorKind; id: string | null };
  /** Key of idempotency records and rate limits: the API key or the user. */
  credentialId: string;
  /** Set when a user is signed in. */
  userId: string | null;
  /** Teams the user belongs to, with all their sub-teams. */
  teamIds: string[];
  role: CompiledRole;
  roleName: string;
  /** The role's row; absent for the system itself. */
  roleId?: string | null;
  /** Which documents the credential may send; any, if absent. The server may allow less. */
  documents?: DocumentPolicy;
  /** When the credential ends; live connections are closed then. */
  expiresAt: Date | null;
  /** Which integration is calling, from `x-trato-origin`; written to its events. */
  origin: string | null;
};
