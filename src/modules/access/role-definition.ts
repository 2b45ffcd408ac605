// Checks what a role says: every permission, scope and hidden field names something that exists, or the role would do
// less, or hide less, than whoever wrote it believes.
import { isAuthError } from '../../auth/auth-error.ts';
import { compileRole, knownSubjects, parsePermission, type RoleDefinition, type RowScope } from '../../auth/permissions.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { allEntities, type Entity } from '../../query/entity.ts';
import { isPluginSubject } from '../plugins/index.ts';

export type RowScopeRule = { subject: string; scope: RowScope };

/** `{ customers: 'TEAM' }` as `[{ subject: 'customers', scope: 'TEAM' }]`. */
export function rulesOf(rowScope: Readonly<Record<string, unknown>>): RowScopeRule[] {
  return Object.entries(rowScope).map(([subject, scope]) => ({ subject, scope: scope as RowScope }));
}

/** The other way round. */
export function scopesOf(rules: readonly RowScopeRule[]): RoleDefinition['rowScope'] {
  return Object.fromEntries(rules.map((rule) => [rule.subject, rule.scope]));
}

export type RoleParts = {
  permissions?: string[] | null | undefined;
  rowScopes?: RowScopeRule[] | null | undefined;
  hiddenFields?: string[] | null | undefined;
};

/** What is wrong with the given parts, each at its path. */
export function definitionErrors(parts: RoleParts): UserError[] {
  const rules = parts.rowScopes ?? [];
  const errors = [
    ...(parts.permissions ?? []).flatMap((permission, i) => permissionErrors(permission, ['permissions', i])),
    ...rules.flatMap((_rule, i) => scopeErrors(rules, i)),
    ...(parts.hiddenFields ?? []).flatMap((field, i) => fieldErrors(field, ['hiddenFields', i])),
  ];
  if (errors.length === 0)
    compileRole({ permissions: parts.permissions ?? [], rowScope: scopesOf(rules), hiddenFields: parts.hiddenFields ?? [] });
  return errors;
}

function permissionErrors(permission: string, path: (string | number)[]): UserError[] {
  try {
    const { subject } = parsePermission(permission);
    return isWord(permission) || isSubject(subject) ? [] : [userError('SUBJECT_UNKNOWN', `There is no subject "${subject}".`, path)];
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return [userError('PERMISSION_MALFORMED', error.message, path)];
  }
}

function scopeErrors(rules: readonly RowScopeRule[], i: number): UserError[] {
  const key = rules[i]!.subject;
  const path = ['rowScopes', i, 'subject'];
  if (rules.findIndex((rule) => rule.subject === key) < i)
    return [userError('DUPLICATE', `There are two scopes of ${key.slice(0, 80)}.`, path)];
  return permissionErrors(key.includes(':') ? key : `${key}:read`, path);
}

function isWord(permission: string): boolean {
  return !permission.includes(':');
}

function isSubject(subject: string): boolean {
  return (
    (knownSubjects as readonly string[]).includes(subject) ||
    isPluginSubject(subject) ||
    allEntities().some((entity) => entity.subject === subject)
  );
}

function fieldErrors(name: string, path: (string | number)[]): UserError[] {
  const [type, field, ...more] = name.split('.');
  const entity = allEntities().find((candidate) => candidate.name === type);
  if (entity && field && more.length === 0 && hideableFields(entity).includes(field)) return [];
  return [userError('FIELD_UNKNOWN', `"${name.slice(0, 80)}" is not a field that can be hidden, such as Customer.birthDate.`, path)];
}

/** The fields of a type that a role may hide: all but the id. */
export function hideableFields(entity: Entity): string[] {
  const composite = entity.externalRef ? [entity.externalRef.field] : [];
  return [
    ...entity.fields,
    ...Object.keys(entity.money ?? {}),
    ...composite,
    ...Object.keys(entity.relations ?? {}),
    ...(entity.added ?? []),
  ];
}
