// What a role lets its holder do, as pure data. A permission says which action on which subject, a row scope on whose
// rows, a hidden field which column stays unseen. Nothing here implies anything else: `customers:write` does not read.
import { authError } from './auth-error.ts';

export const knownSubjects = [
  'customers',
  'interactions',
  'conversations',
  'touch-points',
  'channels',
  'lifecycle',
  'relationships',
  'users',
  'teams',
  'roles',
  'api-keys',
  'workspace',
  'attributes',
  'events',
  'vocabularies',
  'segments',
  'products',
  'pipelines',
  'opportunities',
  'leads',
  'consents',
  'quotes',
  'targets',
  'sales-rules',
  'webhooks',
  'messages',
  'plugins',
  'recognise',
] as const;

/** Narrowest first. */
export const rowScopes = ['OWN', 'TEAM', 'ALL'] as const;
export type RowScope = (typeof rowScopes)[number];

export type RoleDefinition = {
  /** `customers:read`, `customers:write`, `customers:*`, `recognise`, `admin`, or `*` for everything. */
  permissions: string[];
  /** By subject (`customers`), or by permission (`customers:write`), which then goes first. Absent: ALL. */
  rowScope: Partial<Record<string, RowScope>>;
  /** `Customer.birthDate` */
  hiddenFields: string[];
};

export type CompiledRole = {
  readonly permissions: ReadonlySet<string>;
  readonly rowScope: ReadonlyMap<string, RowScope>;
  readonly hiddenFields: ReadonlySet<string>;
};

export type PermissionParts = { subject: string; action: string };

const permissionPattern = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*):(read|write|erase|\*)$/;
const fieldPattern = /^[A-Z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*$/;
const wordPermissions: ReadonlySet<string> = new Set(['recognise', 'admin', '*']);

/**
 * Splits a permission; the single words `recognise`, `admin` and `*` are their own subject, with action `*`.
 * Subjects that are not known are allowed, since plugins bring their own. Throws code `PERMISSION_MALFORMED`.
 */
export function parsePermission(permission: string): PermissionParts {
  if (wordPermissions.has(permission)) return { subject: permission, action: '*' };
  const [, subject, action] = permissionPattern.exec(permission) ?? [];
  if (!subject || !action) {
    throw authError('PERMISSION_MALFORMED', `"${permission.slice(0, 80)}" is not a permission such as customers:read.`);
  }
  return { subject, action };
}

/**
 * Checks a definition and turns it into sets for fast checks. Throws code `PERMISSION_MALFORMED` or `ROLE_INVALID`:
 * a misspelt scope must not fall back to ALL.
 */
export function compileRole(role: RoleDefinition): CompiledRole {
  for (const permission of role.permissions) parsePermission(permission);
  for (const [key, scope] of Object.entries(role.rowScope)) {
    parsePermission(key.includes(':') ? key : `${key}:read`);
    if (scope !== undefined && !rowScopes.includes(scope)) {
      throw authError('ROLE_INVALID', `The row scope of ${key} must be one of ${rowScopes.join(', ')}.`);
    }
  }
  for (const field of role.hiddenFields) {
    if (!fieldPattern.test(field)) {
      throw authError('ROLE_INVALID', `"${field.slice(0, 80)}" is not a field such as Customer.birthDate.`);
    }
  }
  const scoped = Object.entries(role.rowScope).filter((entry): entry is [string, RowScope] => entry[1] !== undefined);
  return {
    permissions: new Set(role.permissions),
    rowScope: new Map(scoped),
    hiddenFields: new Set(role.hiddenFields),
  };
}

/** Whether the role grants the permission, by itself, by `<subject>:*` or by `*`. */
export function hasPermission(role: CompiledRole, permission: string): boolean {
  if (role.permissions.has('*') || role.permissions.has(permission)) return true;
  const colon = permission.indexOf(':');
  return colon > 0 && role.permissions.has(`${permission.slice(0, colon)}:*`);
}

/** On whose rows the role may act. Ask `hasPermission` first: a scope grants nothing. */
export function scopeOf(role: CompiledRole, subject: string, action = 'read'): RowScope {
  return role.rowScope.get(`${subject}:${action}`) ?? role.rowScope.get(`${subject}:*`) ?? role.rowScope.get(subject) ?? 'ALL';
}

/** Whether the role must not see a field of a GraphQL type: `isHidden(role, 'Customer', 'birthDate')`. */
export function isHidden(role: CompiledRole, type: string, field: string): boolean {
  return role.hiddenFields.size > 0 && role.hiddenFields.has(`${type}.${field}`);
}

/** The narrower of two scopes. */
export function narrowerScope(one: RowScope, other: RowScope): RowScope {
  return rowScopes.indexOf(one) < rowScopes.indexOf(other) ? one : other;
}

/** The wider of two scopes. */
export function widerScope(one: RowScope, other: RowScope): RowScope {
  return rowScopes.indexOf(one) > rowScopes.indexOf(other) ? one : other;
}

/**
 * The role of someone who holds several: what any of them grants, and for each action the widest scope and the fewest
 * hidden fields **among the roles that grant it**. So a role that says nothing about customers cannot widen what
 * another lets its holder see of them. `subjectOfType` tells the subject that a GraphQL type is read under.
 */
export function mergeRoles(roles: RoleDefinition[], subjectOfType = coreSubjectOfType): RoleDefinition {
  const compiled = roles.map(compileRole);
  const rowScope: RoleDefinition['rowScope'] = {};
  for (const subject of subjectsOf(compiled)) {
    const read = mergedScope(compiled, subject, 'read');
    const write = mergedScope(compiled, subject, 'write');
    if (read === write) rowScope[subject] = read;
    else Object.assign(rowScope, { [`${subject}:read`]: read, [`${subject}:write`]: write });
  }
  const hidden = [...new Set(roles.flatMap((role) => role.hiddenFields))].filter((field) => {
    const subject = subjectOfType(field.slice(0, field.indexOf('.')));
    const readers = compiled.filter((role) => hasPermission(role, `${subject}:read`));
    return readers.every((role) => role.hiddenFields.has(field));
  });
  return {
    permissions: [...new Set(roles.flatMap((role) => role.permissions))],
    rowScope,
    hiddenFields: hidden,
  };
}

function subjectsOf(roles: CompiledRole[]): Set<string> {
  const keys = roles.flatMap((role) => [...role.permissions, ...role.rowScope.keys()]);
  const subjects = keys.map((key) => key.split(':', 1)[0] as string);
  return new Set(subjects.filter((subject) => !wordPermissions.has(subject)));
}

function mergedScope(roles: CompiledRole[], subject: string, action: string): RowScope {
  const granting = roles.filter((role) => hasPermission(role, `${subject}:${action}`));
  const scopes = (granting.length > 0 ? granting : roles).map((role) => scopeOf(role, subject, action));
  // Where nobody grants the action its scope says nothing; the narrow one is the safe one.
  return granting.length > 0 ? scopes.reduce(widerScope) : scopes.reduce((one, other) => (widerScope(one, other) === one ? other : one));
}

const partsOfOtherSubjects: Record<string, string> = {
  Identity: 'customers',
  Preference: 'customers',
  Need: 'customers',
  LifecycleStage: 'lifecycle',
  LifecycleTransition: 'lifecycle',
  HealthRule: 'lifecycle',
  Segmentation: 'segments',
  SegmentMembership: 'segments',
  PriceList: 'products',
  Price: 'products',
  ExchangeRate: 'products',
  PipelineStage: 'pipelines',
  OpportunityLine: 'opportunities',
  OpportunityTransition: 'opportunities',
  OpportunityContact: 'opportunities',
  OpportunityCompetitor: 'opportunities',
  LeadPoints: 'leads',
  QuoteLine: 'quotes',
  SalesTarget: 'targets',
  LeadCriterion: 'sales-rules',
  Territory: 'sales-rules',
  OpportunityRule: 'sales-rules',
  Competitor: 'vocabularies',
  CloseReason: 'vocabularies',
  OpportunityRole: 'vocabularies',
  LeadSource: 'vocabularies',
  Workspace: 'workspace',
  AttributeDefinition: 'attributes',
  DomainEvent: 'events',
  Vocabulary: 'vocabularies',
  WebhookDelivery: 'webhooks',
  WebhookAttempt: 'webhooks',
  PluginFailure: 'plugins',
  Plugin: 'plugins',
};

/** The subject under which a type of the core is read: `Customer` customers, `TouchPoint` touch-points. */
export function coreSubjectOfType(type: string): string {
  if (Object.hasOwn(partsOfOtherSubjects, type)) return partsOfOtherSubjects[type] as string;
  return `${type.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()}s`;
}
