// Who made a change, as the API shows it.

import type { GraphQLResolveInfo } from 'graphql';
import sql from 'sql-template-tag';
import { entityNamed } from '../query/entity.ts';
import { oneSql } from '../query/entity-plans.ts';
import { columnsAt } from '../query/plan.ts';
import { mayRead } from '../query/policy.ts';
import { builder } from './builder.ts';
import { enumRefs } from './common-types.ts';
import { type Context, viewerOf } from './context.ts';
import { entityRow, exposed, planned } from './planned.ts';
import { refOf } from './refs.ts';

export type ActorValue = { kind: 'USER' | 'API_KEY' | 'SYSTEM'; id: string | null };

/** The actor's record, if it is of that kind and the role sees it. */
function record(kind: ActorValue['kind'], name: string) {
  return planned(
    (place) => {
      const c = columnsAt(place);
      return oneSql(place, entityNamed(name), sql`case when ${c('kind')} = ${kind} then ${c('id')} end`);
    },
    (actor: ActorValue, _args, ctx: Context, info: GraphQLResolveInfo) =>
      actor.kind === kind && actor.id && mayRead(viewerOf(ctx), entityNamed(name))
        ? entityRow(ctx, info, entityNamed(name), actor.id)
        : null,
  );
}

export const ActorRef = builder.objectRef<ActorValue>('Actor').implement({
  description: 'Who made a change.',
  fields: (t) => ({
    kind: t.field({ type: enumRefs.ActorKind as never, description: 'What kind of actor.', ...exposed('kind') }),
    user: t.field({
      type: refOf('User'),
      nullable: true,
      description: 'The user; null for other actors and where the role does not see users.',
      ...record('USER', 'User'),
    }),
    apiKey: t.field({
      type: refOf('ApiKey'),
      nullable: true,
      description: 'The API key; null for other actors and where the role does not see keys.',
      ...record('API_KEY', 'ApiKey'),
    }),
  }),
});
