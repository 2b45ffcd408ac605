// Nobody hands out more than they hold: whether one role allows something that another does not.
import { type CompiledRole, hasPermission, scopeOf, widerScope } from './permissions.ts';

/**
 * The first thing, in words, that `role` allows and `caller` is not allowed; null when there is none, and so the caller
 * may give the role to others. Counts permissions, wider row scopes and fields that are hidden from the caller only.
 */
export function excessOf(caller: CompiledRole, role: CompiledRole): string | null {
  for (const permission of role.permissions) {
    if (!holds(caller, permission)) return `the permission ${permission}`;
  }
  for (const subject of scopedSubjects(caller)) {
    for (const action of ['read', 'write']) {
      if (!hasPermission(role, `${subject}:${action}`) && !hasPermission(role, subject)) continue;
      const own = scopeOf(caller, subject, action);
      const wanted = scopeOf(role, subject, action);
      if (widerScope(own, wanted) !== own) return `${subject}:${action} on ${wanted} rows`;
    }
  }
  const shown = [...caller.hiddenFields].find((field) => !role.hiddenFields.has(field));
  return shown ? `a look at ${shown}` : null;
}

function holds(caller: CompiledRole, permission: string): boolean {
  if (hasPermission(caller, permission)) return true;
  const subject = /^(.+):\*$/.exec(permission)?.[1];
  return subject !== undefined && hasPermission(caller, `${subject}:read`) && hasPermission(caller, `${subject}:write`);
}

function scopedSubjects(role: CompiledRole): Set<string> {
  return new Set([...role.rowScope.keys()].map((key) => key.split(':', 1)[0]!));
}
