import sql from 'sql-template-tag';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { callCommand, type Payload, userErrorsField } from '../../graphql/mutation.ts';
import { entityType } from '../../graphql/object-type.ts';
import { entityRow, plannedRoot } from '../../graphql/planned.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { rootOnePlan } from '../../query/entity-plans.ts';
import { workspaceUpdate } from './workspace.commands.ts';
import { workspace } from './workspace.entity.ts';

const WorkspaceRef = entityType(workspace);

builder.queryField('workspace', (t) =>
  t.field({
    type: WorkspaceRef,
    description: 'The workspace of the credential. Needs workspace:read.',
    ...plannedRoot(rootOnePlan(workspace, (run) => sql`${run.viewer.workspaceId}::uuid`)),
  }),
);

const WorkspacePayloadRef = builder.objectRef<Payload>('WorkspacePayload').implement({
  description: 'What a change of Workspace answers.',
  fields: (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      nullable: true,
      description: 'The workspace after the change; null when there are user errors.',
      resolve: (payload, _args, ctx, info) => (payload.id ? entityRow(ctx, info, workspace, viewerOf(ctx).workspaceId) : null),
    }),
    userErrors: userErrorsField(t as never),
  }),
});

builder.mutationField(workspaceUpdate.name, (t) =>
  t.field({
    type: WorkspacePayloadRef,
    description: `${workspaceUpdate.description} Needs ${workspaceUpdate.permission}.`,
    args: { input: t.arg({ type: describeInput(workspaceUpdate.input).type as never, required: true, description: 'What to change.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { result, userErrors } = await callCommand(ctx, info, workspaceUpdate, args.input);
      return { id: result?.id ?? null, userErrors };
    },
  }),
);
