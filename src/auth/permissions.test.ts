import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInRoles } from './built-in-roles.ts';
import type { RoleDefinition, RowScope } from './permissions.ts';
import {
  compileRole,
  coreSubjectOfType,
  hasPermission,
  isHidden,
  knownSubjects,
  mergeRoles,
  parsePermission,
  rowScopes,
  scopeOf,
} from './permissions.ts';

const actions = ['read', 'write'] as const;
const fields = ['Customer.birthDate', 'Customer.tags', 'Interaction.text', 'TouchPoint.cost', 'Thing.secret'];
const types = fields.map((field) => field.split('.') as [string, string]);
const breadth = (scope: RowScope) => rowScopes.indexOf(scope);

const subject = fc.constantFrom('customers', 'interactions', 'touch-points', 'users', 'my-plugin');
const permission = fc.oneof(
  fc.tuple(subject, fc.constantFrom('read', 'write', '*')).map(([of, action]) => `${of}:${action}`),
  fc.constantFrom('recognise', 'admin', 'events:read'),
  { weight: 1, arbitrary: fc.constant('*') },
);
const scopeKey = fc.oneof(
  subject,
  fc.tuple(subject, fc.constantFrom(...actions)).map((parts) => parts.join(':')),
);
const role: fc.Arbitrary<RoleDefinition> = fc.record({
  permissions: fc.uniqueArray(permission, { maxLength: 6 }),
  rowScope: fc.dictionary(scopeKey, fc.constantFrom(...rowScopes), { maxKeys: 5 }),
  hiddenFields: fc.subarray(fields),
});
const questions = ['customers', 'interactions', 'touch-points', 'users', 'my-plugin', 'teams'].flatMap((of) =>
  actions.map((action) => [of, action] as const),
);

describe('parsePermission', () => {
  it('reads what it should', () => {
    expect(parsePermission('touch-points:write')).toEqual({ subject: 'touch-points', action: 'write' });
    expect(parsePermission('customers:*')).toEqual({ subject: 'customers', action: '*' });
    expect(parsePermission('recognise')).toEqual({ subject: 'recognise', action: '*' });
    expect(parsePermission('*')).toEqual({ subject: '*', action: '*' });
  });

  it.each([
    '',
    'customers',
    'customers:',
    ':read',
    '*:read',
    'customers:delete',
    'Customers:read',
    'a--b:read',
    'customers:read ',
    'customers:read\n',
  ])('refuses %j', (text) => {
    expect(() => parsePermission(text)).toThrow(expect.objectContaining({ code: 'PERMISSION_MALFORMED' }));
    expect(() => compileRole({ permissions: [text], rowScope: {}, hiddenFields: [] })).toThrow(
      expect.objectContaining({ code: 'PERMISSION_MALFORMED' }),
    );
  });
});

describe('compileRole', () => {
  const bad = (part: object) => ({ permissions: [], rowScope: {}, hiddenFields: [], ...part }) as RoleDefinition;

  it.each([
    ['a misspelt scope, which must not mean ALL', bad({ rowScope: { customers: 'own' } }), 'ROLE_INVALID'],
    ['a scope of no subject', bad({ rowScope: { 'Customers!': 'OWN' } }), 'PERMISSION_MALFORMED'],
    ['a hidden field without type', bad({ hiddenFields: ['birthDate'] }), 'ROLE_INVALID'],
  ])('refuses %s', (_, definition, code) => {
    expect(() => compileRole(definition)).toThrow(expect.objectContaining({ code }));
  });

  it('answers as defined', () => {
    const compiled = compileRole({
      permissions: ['customers:*', 'users:read', 'recognise'],
      rowScope: { customers: 'TEAM', 'customers:write': 'OWN' },
      hiddenFields: ['Customer.birthDate'],
    });
    expect(hasPermission(compiled, 'customers:write')).toBe(true);
    expect(hasPermission(compiled, 'users:write')).toBe(false);
    expect(hasPermission(compiled, 'recognise')).toBe(true);
    expect(hasPermission(compiled, 'admin')).toBe(false);
    expect(hasPermission(compiled, 'customers-archive:read')).toBe(false);
    expect(hasPermission(compiled, '*')).toBe(false);
    expect(scopeOf(compiled, 'customers')).toBe('TEAM');
    expect(scopeOf(compiled, 'customers', 'write')).toBe('OWN');
    expect(scopeOf(compiled, 'users')).toBe('ALL');
    expect(scopeOf(compiled, 'constructor')).toBe('ALL');
    expect(isHidden(compiled, 'Customer', 'birthDate')).toBe(true);
    expect(isHidden(compiled, 'Customer', 'name')).toBe(false);
  });

  it('grants everything by *, and one subject by its wildcard only', () => {
    fc.assert(
      fc.property(role, permission, (definition, asked) => {
        const compiled = compileRole(definition);
        const { subject: of } = parsePermission(asked);
        const expected = ['*', asked, `${of}:*`].some((held) => definition.permissions.includes(held));
        expect(hasPermission(compiled, asked)).toBe(expected);
      }),
    );
  });
});

describe('mergeRoles', () => {
  const roles = fc.array(role, { minLength: 1, maxLength: 4 });

  it('grants what any role grants, to the widest scope among those that grant it', () => {
    fc.assert(
      fc.property(roles, (definitions) => {
        const merged = compileRole(mergeRoles(definitions));
        for (const [of, action] of questions) {
          const granting = definitions.map(compileRole).filter((each) => hasPermission(each, `${of}:${action}`));
          expect(hasPermission(merged, `${of}:${action}`)).toBe(granting.length > 0);
          if (granting.length === 0) continue;
          const widest = Math.max(...granting.map((each) => breadth(scopeOf(each, of, action))));
          expect(breadth(scopeOf(merged, of, action))).toBe(widest);
        }
      }),
    );
  });

  it('hides a field exactly when no role that reads its type shows it', () => {
    fc.assert(
      fc.property(roles, (definitions) => {
        const merged = compileRole(mergeRoles(definitions));
        for (const [type, field] of types) {
          const each = definitions.map(compileRole);
          const readers = each.filter((one) => hasPermission(one, `${coreSubjectOfType(type)}:read`));
          const mentioned = each.some((one) => isHidden(one, type, field));
          expect(isHidden(merged, type, field)).toBe(mentioned && readers.every((one) => isHidden(one, type, field)));
        }
      }),
    );
  });

  it('answers the same in any order, and for one role as that role', () => {
    const answers = (definition: RoleDefinition) => {
      const compiled = compileRole(definition);
      return questions
        .filter(([of, action]) => hasPermission(compiled, `${of}:${action}`))
        .map(([of, action]) => [of, action, scopeOf(compiled, of, action)])
        .concat(types.map(([type, field]) => [type, field, String(isHidden(compiled, type, field))]));
    };
    fc.assert(
      fc.property(roles, role, (definitions, alone) => {
        expect(answers(mergeRoles([...definitions].reverse()))).toEqual(answers(mergeRoles(definitions)));
        expect(answers(mergeRoles([alone]))).toEqual(answers(alone));
        expect(answers(mergeRoles([alone, alone]))).toEqual(answers(alone));
      }),
    );
  });

  it('does not let a recogniser badge widen what a seller sees', () => {
    const seller: RoleDefinition = {
      permissions: ['customers:read'],
      rowScope: { customers: 'OWN' },
      hiddenFields: ['Customer.birthDate'],
    };
    const merged = compileRole(mergeRoles([seller, builtInRoles.recogniser]));
    expect(hasPermission(merged, 'recognise')).toBe(true);
    expect(scopeOf(merged, 'customers')).toBe('OWN');
    expect(isHidden(merged, 'Customer', 'birthDate')).toBe(true);
  });

  it('grants nothing without roles', () => {
    expect(mergeRoles([])).toEqual({ permissions: [], rowScope: {}, hiddenFields: [] });
  });
});

describe('built-in roles', () => {
  const compiled = Object.fromEntries(Object.entries(builtInRoles).map(([name, each]) => [name, compileRole(each)]));
  const may = (name: string, asked: string) => hasPermission(compiled[name] as ReturnType<typeof compileRole>, asked);

  it('name only subjects that exist, and nothing twice', () => {
    const known: readonly string[] = [...knownSubjects, '*'];
    for (const { permissions, rowScope } of Object.values(builtInRoles)) {
      expect(new Set(permissions).size).toBe(permissions.length);
      for (const each of permissions) expect(known).toContain(parsePermission(each).subject);
      for (const each of Object.keys(rowScope)) expect(known).toContain(each);
    }
  });

  it('are what their names say', () => {
    expect(may('administrator', 'admin')).toBe(true);
    expect(builtInRoles.recogniser.permissions).toEqual(['recognise']);
    expect(builtInRoles['read-only'].permissions.filter((each) => !/:read$|^recognise$/.test(each))).toEqual([]);
    for (const name of Object.keys(builtInRoles)) {
      expect(may(name, 'recognise')).toBe(true);
      expect(may(name, 'admin')).toBe(name === 'administrator');
      expect(may(name, 'api-keys:read')).toBe(name === 'administrator');
      expect(may(name, 'roles:write')).toBe(name === 'administrator');
    }
    for (const of of ['customers', 'interactions', 'users', 'teams', 'relationships', 'touch-points']) {
      expect(may('integration', `${of}:read`) && may('integration', `${of}:write`)).toBe(true);
    }
    for (const of of ['customers', 'interactions', 'conversations', 'relationships', 'events']) {
      expect(scopeOf(compiled.sales as ReturnType<typeof compileRole>, of)).toBe('TEAM');
    }
  });
});
