import type { Viewer } from '../../auth/viewer.ts';
import { MAX_BULK_ROWS } from '../../commands/bulk.ts';
import { builder } from '../../graphql/builder.ts';
import { type Context, readerOf, viewerOf } from '../../graphql/context.ts';
import { MAX_NODES } from '../../graphql/node.ts';
import { refOf } from '../../graphql/refs.ts';
import type { Entity } from '../../query/entity.ts';
import { filterLimits } from '../../query/filter.ts';
import { MAX_ORDER_TERMS } from '../../query/order.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../../query/page.ts';
import { readByIds } from '../../query/rows.ts';
import { readWorkspace } from '../workspace/index.ts';
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

/** The published limits; other parts add theirs with `builder.objectFields`. */
export const LimitsRef = builder.objectRef<object>('Limits').implement({
  description: 'What one request may ask for.',
  fields: (t) =>
    Object.fromEntries(Object.entries(limits).map(([name, [value, description]]) => [name, t.int({ description, resolve: () => value })])),
});

// Whoever asks may know their own records, whatever the role says of others'.
async function ownRow(ctx: Context, entity: Entity, id: string | null | undefined) {
  if (!id) return null;
  const { db, viewer } = readerOf(ctx);
  const self = { ...viewer, role: { ...viewer.role, rowScope: new Map<string, 'ALL'>() } };
  const [row] = await readByIds(db, self, entity, [id]);
  return row ? { ...row, __typename: entity.name } : null;
}

const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking, and what they may do.',
  fields: (t) => ({
    workspace: t.field({
      type: refOf('Workspace'),
      description: 'The workspace of the credential.',
      resolve: (_viewer, _args, ctx) => readWorkspace(readerOf(ctx)),
    }),
    user: t.field({
      type: refOf('User'),
      nullable: true,
      description: 'The user who is signed in; null for an API key.',
      resolve: (viewer, _args, ctx) => ownRow(ctx, user, viewer.userId),
    }),
    apiKey: t.field({
      type: refOf('ApiKey'),
      nullable: true,
      description: 'The API key that is used; null for a user.',
      resolve: (viewer, _args, ctx) => ownRow(ctx, apiKey, viewer.actor.kind === 'API_KEY' ? viewer.actor.id : null),
    }),
    role: t.field({
      type: refOf('Role'),
      nullable: true,
      description: 'The role held.',
      resolve: (viewer, _args, ctx) => ownRow(ctx, role, viewer.roleId),
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
