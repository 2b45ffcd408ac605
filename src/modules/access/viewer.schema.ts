import type { GraphQLResolveInfo } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import { MAX_BULK_ROWS } from '../../commands/bulk.ts';
import { builder } from '../../graphql/builder.ts';
import { type Context, viewerOf } from '../../graphql/context.ts';
import { type Limits, limitsOf } from '../../graphql/limits.ts';
import { MAX_NODES } from '../../graphql/node.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import type { Entity } from '../../query/entity.ts';
import { filterLimits } from '../../query/filter.ts';
import { MAX_ORDER_TERMS } from '../../query/order.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../../query/page.ts';
import { workspace } from '../workspace/index.ts';
import { apiKey, role, user } from './access.entity.ts';
import { RowScopeRuleRef } from './access.schema.ts';
import { rulesOf } from './role-definition.ts';

const limits: Record<string, [value: number, description: string]> = {
  pageSize: [MAX_PAGE, 'Most rows of one page.'],
  defaultPageSize: [DEFAULT_PAGE, 'Rows of a page unless told.'],
  bulkRows: [MAX_BULK_ROWS, 'Most rows of one bulk call.'],
  nodes: [MAX_NODES, 'Most ids of `nodes(ids:)`.'],
  filterDepth: [filterLimits.depth, 'How deep a filter may be.'],
  filterConditions: [filterLimits.conditions, 'Most conditions of a filter.'],
  filterValues: [filterLimits.values, 'Most values of one list in a filter.'],
  orderTerms: [MAX_ORDER_TERMS, 'Most terms of an order.'],
  idempotencyHours: [24, 'How long an idempotency key is remembered, in hours.'],
};

/** What the server is configured with. */
const configured: Partial<Record<keyof Limits, string>> = {
  depth: 'How deep fields may be nested in an operation.',
  introspectionDepth: 'Most lists of fields and types inside each other in a question about the schema.',
  aliases: 'Most aliases of an operation, its fragments unfolded.',
  tokens: 'Most tokens of a document.',
  directives: 'Most directives of an operation, its fragments unfolded.',
  directivesPerField: 'Most directives of one field or fragment.',
  rootFields: 'Most fields at the root of an operation.',
  selections: 'Most fields of an operation, its fragments unfolded.',
  repeats: 'How often one field may be repeated in one selection.',
  bodyBytes: 'Largest body of an HTTP request, in bytes.',
  costMaximum: 'Points of the most expensive operation that is run. An operation costs the most objects that its answer can hold.',
  costBudget: 'Points that a credential can save up.',
  costRestore: 'Points that a credential gets back each second.',
  statementTimeoutMs: 'How long the database works on one statement, in milliseconds; 0: as long as it takes.',
};

/** The published limits; other parts add theirs with `builder.objectFields`. */
export const LimitsRef = builder.objectRef<object>('Limits').implement({
  description: 'What one request may ask for.',
  fields: (t) =>
    Object.fromEntries([
      ...Object.entries(limits).map(([name, [value, description]]) => [name, t.int({ description, resolve: () => value })]),
      ...(Object.entries(configured) as [keyof Limits, string][]).map(([name, description]) => [
        name,
        t.int({ description, resolve: (_limits, _args, ctx) => limitsOf(ctx)[name] }),
      ]),
    ]),
});

// Whoever asks may know their own records, whatever the role says of others'.
function ownRow(ctx: Context, info: GraphQLResolveInfo, entity: Entity, id: string | null | undefined) {
  if (!id) return null;
  const viewer = viewerOf(ctx);
  const seenBy = { ...viewer, role: { ...viewer.role, rowScope: new Map<string, 'ALL'>() } };
  return entityRow(ctx, info, entity, id, { seenBy });
}

const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking, and what they may do.',
  fields: (t) => ({
    workspace: t.field({
      type: refOf('Workspace'),
      description: 'The workspace of the credential.',
      resolve: (viewer, _args, ctx, info) => entityRow(ctx, info, workspace, viewer.workspaceId),
    }),
    user: t.field({
      type: refOf('User'),
      nullable: true,
      description: 'The user who is signed in; null for an API key.',
      resolve: (viewer, _args, ctx, info) => ownRow(ctx, info, user, viewer.userId),
    }),
    apiKey: t.field({
      type: refOf('ApiKey'),
      nullable: true,
      description: 'The API key that is used; null for a user.',
      resolve: (viewer, _args, ctx, info) => ownRow(ctx, info, apiKey, viewer.actor.kind === 'API_KEY' ? viewer.actor.id : null),
    }),
    role: t.field({
      type: refOf('Role'),
      nullable: true,
      description: 'The role held.',
      resolve: (viewer, _args, ctx, info) => ownRow(ctx, info, role, viewer.roleId),
    }),
    permissions: t.stringList({ description: 'What the role allows.', resolve: (viewer) => [...viewer.role.permissions].sort() }),
    hiddenFields: t.stringList({
      description: 'Fields the role withholds, such as `Customer.birthDate`.',
      resolve: (viewer) => [...viewer.role.hiddenFields].sort(),
    }),
    rowScopes: t.field({
      type: [RowScopeRuleRef],
      description: 'Subjects of which only some rows are seen; all rows of the others.',
      resolve: (viewer) => rulesOf(Object.fromEntries(viewer.role.rowScope)),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the credential ends; live connections are closed then.',
      resolve: (viewer) => viewer.expiresAt,
    }),
    limits: t.field({ type: LimitsRef, description: 'What one request may ask for.', resolve: () => ({}) }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'Who is asking: needs a credential, but no permission.',
    resolve: (_root, _args, ctx) => viewerOf(ctx),
  }),
);
