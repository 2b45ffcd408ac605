// node(id) and nodes(ids): any entity by its global id.
import { entityNamed } from '../query/entity.ts';
import { mayRead } from '../query/policy.ts';
import { builder } from './builder.ts';
import { NodeRef } from './common-types.ts';
import { type Context, viewerOf } from './context.ts';
import { apiError } from './errors.ts';
import { decodeAnyId } from './ids.ts';
import { loadOne } from './object-type.ts';

export const MAX_NODES = 100;

async function loadNode(ctx: Context, id: string) {
  const viewer = viewerOf(ctx);
  const found = decodeAnyId(id);
  if (!found) throw apiError('ID_INVALID', 'Not an id of this API: ids look like customer_01….');
  const entity = entityNamed(found.entity);
  // An entity the role may not read looks like one that is not there: an id must not tell which.
  return mayRead(viewer, entity) ? loadOne(ctx, entity, found.uuid) : null;
}

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef as never,
    nullable: true,
    description: 'Anything by its global id; null when there is nothing or the role does not see it.',
    args: { id: t.arg.id({ required: true, description: 'Global id.' }) },
    resolve: (_root, { id }, ctx) => loadNode(ctx, String(id)) as never,
  }),
  nodes: t.field({
    type: [NodeRef] as never,
    nullable: { list: false, items: true } as never,
    description: `Several things by their global ids, in the same order, at most ${MAX_NODES}.`,
    args: { ids: t.arg.idList({ required: true, description: 'Global ids.' }) },
    resolve: (_root, { ids }, ctx) => {
      if (ids.length > MAX_NODES)
        throw apiError('BAD_USER_INPUT', `nodes takes at most ${MAX_NODES} ids.`, {
          limit: 'nodes',
          value: ids.length,
          maximum: MAX_NODES,
        });
      return ids.map((id) => loadNode(ctx, String(id))) as never;
    },
  }),
}));
