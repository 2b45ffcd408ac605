import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excessOf } from './excess.ts';
import { compileRole, hasPermission, isHidden, knownSubjects, type RoleDefinition, rowScopes, scopeOf, widerScope } from './permissions.ts';

const role = (definition: Partial<RoleDefinition>) => compileRole({ permissions: [], rowScope: {}, hiddenFields: [], ...definition });
const excess = (caller: Partial<RoleDefinition>, given: Partial<RoleDefinition>) => excessOf(role(caller), role(given));

describe('excessOf', () => {
  it('counts permissions', () => {
    expect(excess({ permissions: ['customers:read'] }, { permissions: ['customers:read'] })).toBeNull();
    expect(excess({ permissions: ['customers:read'] }, { permissions: ['customers:write'] })).toBe('the permission customers:write');
    expect(excess({ permissions: ['customers:read', 'customers:write'] }, { permissions: ['customers:*'] })).toBeNull();
    expect(excess({ permissions: ['customers:*'] }, { permissions: ['*'] })).toBe('the permission *');
    expect(excess({ permissions: ['*'] }, { permissions: ['*', 'admin', 'recognise'] })).toBeNull();
  });

  it('counts wider row scopes, also those that "*" brings along', () => {
    const teamOnly = { permissions: ['*'], rowScope: { customers: 'TEAM' as const } };
    expect(excess(teamOnly, { permissions: ['*'] })).toBe('customers:read on ALL rows');
    expect(excess(teamOnly, { permissions: ['customers:read'], rowScope: { customers: 'OWN' } })).toBeNull();
    expect(excess(teamOnly, { permissions: ['users:read'] })).toBeNull();
    expect(excess(teamOnly, { permissions: ['customers:*'], rowScope: { customers: 'TEAM', 'customers:write': 'ALL' } })).toBe(
      'customers:write on ALL rows',
    );
  });

  it('counts fields that only the caller is denied', () => {
    const shy = { permissions: ['*'], hiddenFields: ['Customer.birthDate'] };
    expect(excess(shy, { permissions: ['customers:read'] })).toBe('a look at Customer.birthDate');
    expect(excess(shy, { permissions: ['customers:read'], hiddenFields: ['Customer.birthDate', 'Customer.gender'] })).toBeNull();
  });

  it('lets through exactly what gives nobody more than the caller has', () => {
    const subjects = ['customers', 'users'] as const;
    const permission = fc.constantFrom('*', ...subjects.flatMap((subject) => [`${subject}:read`, `${subject}:write`, `${subject}:*`]));
    const key = fc.constantFrom(...subjects.flatMap((subject) => [subject, `${subject}:read`, `${subject}:write`]));
    const any = fc.record({
      permissions: fc.uniqueArray(permission, { maxLength: 3 }),
      rowScope: fc.dictionary(key, fc.constantFrom(...rowScopes), { maxKeys: 2 }),
      hiddenFields: fc.subarray(['Customer.birthDate', 'User.email']),
    });
    const more = (caller: ReturnType<typeof role>, given: ReturnType<typeof role>) =>
      [...knownSubjects].some((subject) =>
        ['read', 'write'].some((action) => {
          if (!hasPermission(given, `${subject}:${action}`)) return false;
          const own = scopeOf(caller, subject, action);
          return !hasPermission(caller, `${subject}:${action}`) || widerScope(own, scopeOf(given, subject, action)) !== own;
        }),
      ) || [...caller.hiddenFields].some((field) => !isHidden(given, ...(field.split('.') as [string, string])));
    fc.assert(
      fc.property(any, any, (one, other) => {
        const [caller, given] = [role(one), role(other)];
        const star = given.permissions.has('*') && !caller.permissions.has('*');
        expect(excessOf(caller, given) !== null).toBe(more(caller, given) || star);
      }),
    );
  });
});
