// Trato itself as the caller of commands: at start, in jobs and on the command line.
import { compileRole } from './permissions.ts';
import type { Viewer } from './viewer.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const everything = compileRole({ permissions: ['*'], rowScope: {}, hiddenFields: [] });

/** The viewer that may do everything in one workspace; its events say SYSTEM. */
export function systemViewer(workspaceId: string): Viewer {
  return {
    workspaceId,
    actor: { kind: 'SYSTEM', id: null },
    credentialId: NOBODY,
    userId: null,
    teamIds: [],
    role: everything,
    roleName: 'system',
    expiresAt: null,
    origin: null,
  };
}
