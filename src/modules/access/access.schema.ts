import sql, { type Sql } from 'sql-template-tag';
import type { z } from 'zod';
import { rowScopes } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { apiError } from '../../graphql/errors.ts';
import { callCommand, entityMutation, loadResult, type Payload, userErrorsField } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { fromColumns, plannedRoot } from '../../graphql/planned.ts';
import { enumOfNames, refOf } from '../../graphql/refs.ts';
import { describeInput, registerEnum } from '../../graphql/zod-inputs.ts';
import type { Entity } from '../../query/entity.ts';
import { rootOnePlan } from '../../query/entity-plans.ts';
import { requireVisible } from '../../query/filter.ts';
import { columnsOfAlias, tableOf } from '../../query/sql.ts';
import { apiKey, role, team, user } from './access.entity.ts';
import { apiKeyCreate, apiKeyRevoke, secretOf } from './api-keys.commands.ts';
import { teamRef, type UserRef, userRef } from './refs.ts';
import { type RowScopeRule, rulesOf } from './role-definition.ts';
import { roleArchive, roleCreate, roleRestore, roleUpdate } from './roles.commands.ts';
import { teamArchive, teamCreate, teamMemberAdd, teamMemberRemove, teamRestore, teamsUpsert, teamUpdate } from './teams.commands.ts';
import { userArchive, userCreate, userRestore, usersUpsert, userUpdate } from './users.commands.ts';

const scopeWords: Record<string, string> = {
  OWN: 'Only rows of the user.',
  TEAM: "Rows of the user, of the user's teams and those they lead with all sub-teams, and of their members.",
  ALL: 'All rows.',
};
const RowScopeEnum = enumOfNames('RowScope', 'Whose rows a role sees and changes.', [...rowScopes], (scope) => scopeWords[scope]!);
registerEnum('RowScope', RowScopeEnum);

export const RowScopeRuleRef = builder.objectRef<RowScopeRule>('RowScopeRule').implement({
  description: 'Whose rows of one subject a role sees.',
  fields: (t) => ({
    subject: t.exposeString('subject', {
      description: 'The subject, such as `customers`, or one action on it, such as `customers:write`.',
    }),
    scope: t.field({ type: RowScopeEnum, description: 'Whose rows.', resolve: (rule) => rule.scope }),
  }),
});

for (const entity of [user, team, role, apiKey]) {
  entityType(entity);
  entityRootFields(entity);
}

builder.objectFields(refOf('Role'), (t) => ({
  rowScopes: t.field({
    type: [RowScopeRuleRef],
    description: 'Subjects of which only some rows are seen; all rows of the others.',
    ...fromColumns(['rowScope'], (row: { rowScope: Record<string, unknown> }) => rulesOf(row.rowScope)),
  }),
}));

/** The root field of one user or team, by any of its names. */
function byRef(name: string, entity: Entity, schema: z.ZodType<UserRef>): void {
  builder.queryField(name, (t) =>
    t.field({
      type: refOf(entity.name),
      nullable: true,
      description: `One ${entity.name}; null when there is none or the role does not see it.`,
      args: { by: t.arg({ type: describeInput(schema).type as never, required: true, description: `Which ${entity.name}.` }) },
      ...plannedRoot(rootOnePlan(entity, (run, { by }) => idOfRef(run.viewer, entity, schema, by))),
    }),
  );
}

/** The id behind a name, as SQL. Throws ID_INVALID, BAD_USER_INPUT, and FORBIDDEN where the role hides what it goes by. */
function idOfRef(viewer: Viewer, entity: Entity, schema: z.ZodType<UserRef>, by: unknown): Sql {
  const parsed = schema.safeParse(by);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const code = (issue as { params?: { code?: string } } | undefined)?.params?.code === 'ID_INVALID' ? 'ID_INVALID' : 'BAD_USER_INPUT';
    throw apiError(code, issue?.message);
  }
  const { id, externalId, email } = parsed.data;
  if (id) return sql`${id}::uuid`;
  requireVisible(viewer, entity, externalId ? 'externalId' : 'email');
  const c = columnsOfAlias(entity.name, 'named');
  const condition = externalId
    ? sql`${c('externalSystem')} = ${externalId.system} and ${c('externalId')} = ${externalId.value}`
    : sql`${c('email')} = ${email}`;
  return sql`(select named.id from ${tableOf(entity.name)} named where ${c('workspaceId')} = ${viewer.workspaceId}::uuid and ${condition})`;
}

byRef('user', user, userRef('Which user.'));
byRef('team', team, teamRef('Which team.'));

for (const command of [userCreate, userUpdate, userArchive, userRestore]) entityMutation(command as never, 'User');
for (const command of [teamCreate, teamUpdate, teamArchive, teamRestore, teamMemberAdd, teamMemberRemove])
  entityMutation(command as never, 'Team');
for (const command of [roleCreate, roleUpdate, roleArchive, roleRestore]) entityMutation(command as never, 'Role');
entityMutation(apiKeyRevoke, 'ApiKey');
bulkMutation(usersUpsert, 'User');
bulkMutation(teamsUpsert, 'Team');

const ApiKeyCreatePayloadRef = builder.objectRef<Payload & { key: string | null }>('ApiKeyCreatePayload').implement({
  description: 'What `apiKeyCreate` answers.',
  fields: (t) => ({
    apiKey: t.field({
      type: refOf('ApiKey'),
      nullable: true,
      description: 'The new ApiKey; null when there are user errors or the role does not see it.',
      resolve: (payload, _args, ctx, info) => loadResult(ctx, info, 'ApiKey', payload.id),
    }),
    key: t.exposeString('key', { nullable: true, description: 'The key itself, this once; null in the answer to a repeated call.' }),
    userErrors: userErrorsField(t as never),
  }),
});

builder.mutationField(apiKeyCreate.name, (t) =>
  t.field({
    type: ApiKeyCreatePayloadRef,
    description: `${apiKeyCreate.description} Needs ${apiKeyCreate.permission}.`,
    args: { input: t.arg({ type: describeInput(apiKeyCreate.input).type as never, required: true, description: 'What the key is for.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { result, userErrors } = await callCommand(ctx, info, apiKeyCreate, args.input);
      return { id: result?.id ?? null, key: secretOf(result), userErrors };
    },
  }),
);
