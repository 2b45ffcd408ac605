// Callers with roles made for one test.
import { compileRole, type RoleDefinition } from '../../src/auth/permissions.ts';
import type { Viewer } from '../../src/auth/viewer.ts';

/** `base` with another role, and whatever else is told. */
export function viewerWith(base: Viewer, role: Partial<RoleDefinition>, more: Partial<Viewer> = {}): Viewer {
  return { ...base, role: compileRole({ permissions: [], rowScope: {}, hiddenFields: [], ...role }), roleName: 'test', ...more };
}
