// Names of things in another workspace, each with the same form of a name that nothing has.
import { getNamedType } from 'graphql';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { allEntities } from '../../src/query/entity.ts';
import type { Place } from './probes.ts';
import type { RichWorkspace } from './rich-workspace.ts';

/** Something of the other workspace, and the same form of nothing. */
export type Candidate = { what: string; value: unknown; nothing: unknown; sent: string[]; unsent: string[] };

/** What of the other workspace can be named at a place. */
export function candidates(place: Place, foreign: RichWorkspace): Candidate[] {
  const pair = (what: string, there: string, nowhere: string, wrap: (text: string) => unknown = (text) => text): Candidate => ({
    what,
    value: wrap(there),
    nothing: wrap(nowhere),
    sent: [there],
    unsent: [nowhere],
  });
  const key = (wrap?: (text: string) => unknown) => pair('key', foreign.key, 'marker_c', wrap);
  if (place.kind === 'ID')
    return allEntities().flatMap(({ name, prefix }) => {
      const fitting = foreign.fitting[place.owner];
      const id = fitting?.startsWith(`${prefix}_`) ? fitting : foreign.ids[name];
      return id ? [pair(name, id, encodeTypeId(prefix, newId()))] : [];
    });
  if (place.kind === 'JSON') return [key((text) => ({ [text]: 'x' }))];
  if (place.kind === 'TEXT')
    return /\.(email|value|displayName)$/.test(place.owner) ? [key(), pair('email', foreign.email, 'marker_c@example.com')] : [key()];
  if (place.owner === 'MessageSendInput.externalRef') return [key((text) => ({ system: text, value: `${text}_message` }))];
  if (getNamedType(place.type).name === 'ExternalRefInput') return [key((text) => ({ system: text, value: text }))];
  return [
    ...['EXTERNAL', 'SOCIAL', 'WEB_VISITOR'].map((kind) => key((text) => ({ kind, system: text, value: text }))),
    pair('EMAIL', foreign.email, 'marker_c@example.com', (value) => ({ kind: 'EMAIL', value })),
    pair('PHONE', foreign.phone, '+442079460444', (value) => ({ kind: 'PHONE', value })),
  ];
}
