// Who made a change, as the API shows it.

import { entityNamed } from '../query/entity.ts';
import { mayRead } from '../query/policy.ts';
import { builder } from './builder.ts';
import { enumRefs } from './common-types.ts';
import { type Context, viewerOf } from './context.ts';
import { loadOne } from './object-type.ts';
import { refOf } from './refs.ts';

export type ActorValue = { kind: 'USER' | 'API_KEY' | 'SYSTEM'; id: string | null };

function load(ctx: Context, actor: ActorValue, kind: ActorValue['kind'], entity: string) {
  return actor.kind === kind && actor.id && mayRead(viewerOf(ctx), entityNamed(entity))
    ? loadOne(ctx, entityNamed(entity), actor.id)
    : null;
}

export const ActorRef = builder.objectRef<ActorValue>('Actor').implement({
  description: 'Who made a change.',
  fields: (t) => ({
    kind: t.field({ type: enumRefs.ActorKind as never, description: 'What kind of actor.', resolve: (actor) => actor.kind as never }),
    user: t.field({
      type: refOf('User'),
      nullable: true,
      description: 'The user; null for other actors and where the role does not see users.',
      resolve: (actor, _args, ctx) => load(ctx, actor, 'USER', 'User'),
    }),
    apiKey: t.field({
      type: refOf('ApiKey'),
      nullable: true,
      description: 'The API key; null for other actors and where the role does not see keys.',
      resolve: (actor, _args, ctx) => load(ctx, actor, 'API_KEY', 'ApiKey'),
    }),
  }),
});
