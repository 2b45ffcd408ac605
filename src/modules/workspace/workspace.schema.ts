import { builder } from '../../graphql/builder.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { callCommand, type Payload, userErrorsField } from '../../graphql/mutation.ts';
import { entityType } from '../../graphql/object-type.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { requireRead } from '../../query/policy.ts';
import { readWorkspace } from './read-workspace.ts';
import { workspaceUpdate } from './workspace.commands.ts';
import { workspace } from './workspace.entity.ts';

const WorkspaceRef = entityType(workspace);

builder.queryField('workspace', (t) =>
  t.field({
    type: WorkspaceRef,
    description: 'The workspace of the credential. Needs workspace:read.',
    resolve: (_root, _args, ctx) => {
      requireRead(viewerOf(ctx), workspace);
      return readWorkspace(readerOf(ctx));
    },
  }),
);

const WorkspacePayloadRef = builder.objectRef<Payload>('WorkspacePayload').implement({
  description: 'What a change of Workspace answers.',
  fields: (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      nullable: true,
      description: 'The workspace after the change; null when there are user errors.',
      resolve: (payload, _args, ctx) => (payload.id ? readWorkspace(readerOf(ctx)) : null),
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
