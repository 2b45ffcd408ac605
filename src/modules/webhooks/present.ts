// What a receiver is told of the event itself, beside what its document asks for.
import type { Viewer } from '../../auth/viewer.ts';
import { type EventRow, encodeCursor } from '../../events/index.ts';
import type { FeedSelection } from '../../graphql/feed-field.ts';
import { encodeId } from '../../graphql/ids.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { entityNamed } from '../../query/entity.ts';
import { mayRead } from '../../query/policy.ts';
import { changedFields, hidesCustomer, subjectEntity } from '../events/index.ts';

/** Told in place of the type where the role sees the thing, and not what changed about it. */
const SOMETHING = { customer: 'customer.changed', other: 'record.changed' };

const actorEntities: Record<string, string> = { USER: 'User', API_KEY: 'ApiKey' };

/** An event as a role may know of it: `tell` of the feed says whether it may. */
export function presentEvent(viewer: Viewer, event: EventRow, tell: FeedSelection['tell']) {
  const customerId = event.customerId && !hidesCustomer(viewer, event) ? encodeId('Customer', event.customerId) : null;
  const place = { id: encodeTypeId('event', event.id), cursor: encodeCursor(event.seq), customerId };
  const entity = subjectEntity(event);
  if (tell ? tell(viewer, event) === null : entity && !mayRead(viewer, entity)) {
    const type = customerId ? SOMETHING.customer : SOMETHING.other;
    const subject = { subjectType: customerId && 'Customer', subjectId: customerId };
    return { type, ...place, ...subject, actor: null, origin: null, requestId: null, changed: [] };
  }
  return {
    type: event.type,
    ...place,
    subjectType: event.subjectType,
    subjectId: entity ? encodeId(event.subjectType, event.subjectId) : event.subjectId,
    actor: { kind: event.actorKind, id: actorId(viewer, event) },
    origin: event.origin,
    requestId: event.requestId,
    changed: changedFields(viewer, event),
  };
}

function actorId(viewer: Viewer, { actorKind, actorId: id }: EventRow): string | null {
  const entity = actorEntities[actorKind];
  return id && entity && mayRead(viewer, entityNamed(entity)) ? encodeId(entity, id) : null;
}
