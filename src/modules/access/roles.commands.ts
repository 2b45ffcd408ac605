// Changing roles. Nobody makes, changes or takes away a role that allows more than their own.

import sql from 'sql-template-tag';
import { z } from 'zod';
import { rowScopes } from '../../auth/permissions.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, key, longText, oneOf, text, version } from '../../commands/fields.ts';
import { allColumns, changesOf, expectVersion, insertRows, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject, UserErrors, userError } from '../../commands/user-errors.ts';
import type { RowOf } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { ADMINISTRATOR, announceAccess, definitionOf, excessError, keepingAdministrator, type RoleRow } from './assignment.ts';
import { definitionErrors, type RoleParts, scopesOf } from './role-definition.ts';
import { toggleCommand } from './toggle.ts';

const MAX_ENTRIES = 500;
const atMost = { max: [MAX_ENTRIES, `At most ${MAX_ENTRIES}.`] as const };

const rowScopeRule = input('RowScopeRuleInput', 'Whose rows of one subject.', {
  subject: text('The subject, such as `customers`, or one action on it, such as `customers:write`, which then goes first.', 100),
  scope: oneOf('RowScope', rowScopes, 'Whose rows.'),
});

const fields = {
  name: text('Name shown to people.'),
  description: longText('What it is for.', 2000).nullish(),
  permissions: z
    .array(text('A permission such as `customers:read`.', 100))
    .max(...atMost.max)
    .meta({ description: '`<subject>:read`, `<subject>:write` or `<subject>:*` each, `recognise`, or `*` for everything.' }),
  rowScopes: z
    .array(rowScopeRule)
    .max(...atMost.max)
    .nullish()
    .meta({ description: 'Subjects of which only some rows are seen; all rows of the others.' }),
  hiddenFields: z
    .array(text('A field such as `Customer.birthDate`.', 200))
    .max(...atMost.max)
    .nullish()
    .meta({ description: 'Fields that are withheld, such as `Customer.birthDate`.' }),
};

function columnsOf(parts: RoleParts): Partial<RoleRow> {
  const errors = definitionErrors(parts);
  if (errors.length > 0) throw new UserErrors(errors);
  return {
    ...(parts.permissions && { permissions: [...new Set(parts.permissions)] }),
    ...(parts.rowScopes !== undefined && { rowScope: scopesOf(parts.rowScopes ?? []) as RoleRow['rowScope'] }),
    ...(parts.hiddenFields !== undefined && { hiddenFields: [...new Set(parts.hiddenFields)] }),
  };
}

function refuseExcess(ctx: CommandContext, role: Parameters<typeof excessError>[1], path: string[]): void {
  const error = excessError(ctx, role, path);
  if (error) throw new UserErrors([error]);
}

export const roleCreate = defineCommand({
  name: 'roleCreate',
  description: 'Makes a role.',
  permission: 'roles:write',
  input: input('RoleCreateInput', 'A new role.', { key: key('Stable name, unique in the workspace.'), ...fields }),
  run: async (ctx, { key: named, name, description, ...parts }) => {
    const definition = { permissions: [], rowScope: {}, hiddenFields: [], ...columnsOf(parts) };
    refuseExcess(ctx, definitionOf(definition as unknown as RoleRow), ['permissions']);
    const row = { workspaceId: ctx.workspaceId, id: newId(), key: named, name, description: description ?? null, ...definition };
    if ((await insertRows(ctx.tx, 'Role', [row], sql`on conflict do nothing`)) === 0) await refuseDuplicate(ctx, named);
    const { workspaceId: _workspace, id: made, ...after } = row;
    ctx.emit({ type: 'role.created', subjectType: 'Role', subjectId: made, customerId: null, data: { after } });
    return { id: made };
  },
});

async function refuseDuplicate(ctx: CommandContext, named: string): Promise<never> {
  const [found] = await ctx.tx.query<RoleRow>(
    sql`select ${allColumns('Role')} from roles where workspace_id = ${ctx.workspaceId}::uuid and key = ${named}`,
  );
  return reject('DUPLICATE', 'There is such a Role already.', ['key'], found ? { existing: { type: 'Role', id: found.id } } : {});
}

export const roleUpdate = defineCommand({
  name: 'roleUpdate',
  description: 'Changes a role for everyone who holds it: absent fields stay, null clears. The administrator role cannot be changed.',
  permission: 'roles:write',
  input: input('RoleUpdateInput', 'Changes of a role.', {
    id: id('Role', 'The role.'),
    expectedVersion: version(),
    ...fields,
    name: fields.name.nullish(),
    permissions: fields.permissions.nullish(),
  }),
  run: (ctx, { id: target, expectedVersion, name, description, ...parts }) =>
    keepingAdministrator(ctx, ['permissions'], async () => {
      const row = (await lockRow(ctx, 'Role', target)) ?? notFound('Role', ['id']);
      expectVersion('Role', row, expectedVersion);
      refuseProtected(row);
      refuseExcess(ctx, definitionOf(row), ['id']);
      const cleared = Object.entries({ name, permissions: parts.permissions }).flatMap(([field, value]) => (value === null ? [field] : []));
      if (cleared.length > 0) throw new UserErrors(cleared.map((field) => userError('REQUIRED', 'This field cannot be cleared.', [field])));
      const patch = { ...(name != null && { name }), ...(description !== undefined && { description }), ...columnsOf(parts) };
      refuseExcess(ctx, definitionOf({ ...row, ...patch }), ['permissions']);
      const changes = changesOf(row, patch);
      if (changes) {
        await writeChanges(ctx, 'Role', row.id, changes.after);
        announceAccess(ctx);
        ctx.emit({ type: 'role.updated', subjectType: 'Role', subjectId: row.id, customerId: null, data: changes });
      }
      return { id: row.id };
    }),
});

function refuseProtected(row: { key?: string }): void {
  if (row.key === ADMINISTRATOR) reject('ROLE_PROTECTED', 'The administrator role cannot be changed.', ['id']);
}

const protectedCheck = (row: RowOf['User' | 'Team' | 'Role']) => refuseProtected(row as RoleRow);
export const roleArchive = toggleCommand('Role', true, protectedCheck);
export const roleRestore = toggleCommand('Role', false, protectedCheck);
