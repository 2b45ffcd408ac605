// The roles every workspace starts with. They are data: a workspace may change its copies, but not the administrator's.

import type { RoleDefinition, RowScope } from './permissions.ts';
import { knownSubjects } from './permissions.ts';

export const builtInRoleNames = ['administrator', 'sales', 'marketing', 'service', 'read-only', 'recogniser', 'integration'] as const;
export type BuiltInRoleName = (typeof builtInRoleNames)[number];

const subjects = knownSubjects.filter((subject) => subject !== 'recognise');
const read = (...of: string[]) => of.map((subject) => `${subject}:read`);
const readAndWrite = (...of: string[]) => of.flatMap((subject) => [`${subject}:read`, `${subject}:write`]);
const except = (...not: string[]) => subjects.filter((subject) => !not.includes(subject));
const scoped = (scope: RowScope, ...of: string[]) => Object.fromEntries(of.map((subject) => [subject, scope]));

/** What anyone needs to make sense of a customer's record. */
const surroundings = read(
  ...['touch-points', 'channels', 'lifecycle', 'users', 'teams', 'workspace', 'attributes', 'vocabularies', 'events'],
  ...['segments', 'products', 'pipelines', 'targets', 'sales-rules'],
);

/** What belongs to a customer, and so is cut with the same scope; events too, or the feed would tell what lists hide. */
const customerSubjects = ['customers', 'interactions', 'conversations', 'relationships', 'consents', 'messages'];
/** What is sold to whom: cut by its own owner and team. */
const salesSubjects = ['opportunities', 'leads', 'quotes'];

const role = (permissions: string[], rowScope: RoleDefinition['rowScope'] = {}): RoleDefinition => ({
  permissions: [...new Set(permissions)],
  rowScope,
  hiddenFields: [],
});

export const builtInRoles: Record<BuiltInRoleName, RoleDefinition> = {
  administrator: role(['*']),
  sales: role(
    [...readAndWrite(...customerSubjects, ...salesSubjects), ...surroundings, 'recognise'],
    scoped('TEAM', ...customerSubjects, ...salesSubjects, 'events'),
  ),
  marketing: role([
    ...readAndWrite(...customerSubjects, 'touch-points', 'channels', 'lifecycle', 'segments', 'leads'),
    ...read(...salesSubjects),
    ...surroundings,
    'recognise',
  ]),
  // Whoever calls must be helped, whoever owns the customer.
  service: role([...readAndWrite(...customerSubjects, 'leads'), ...read(...salesSubjects), ...surroundings, 'recognise']),
  'read-only': role([...read(...except('api-keys', 'webhooks')), 'recognise']),
  recogniser: role(['recognise']),
  // The event log is written by commands alone.
  integration: role([...readAndWrite(...except('roles', 'api-keys', 'events', 'plugins')), ...read('events', 'plugins'), 'recognise']),
};
