// Customer.timeline: what happened to a customer, newest first.
import type { ModelName } from '../../../src/db/models.ts';
import { fingerprint } from '../../../src/query/cursor.ts';
import { entityNamed } from '../../../src/query/entity.ts';
import { isArchivable } from './filter.ts';
import { bounded, type Connection, type PageArgs, pageOf } from './list.ts';
import { byTerms } from './order.ts';
import { hides, isVisible, mayRead, type Oracle } from './policy.ts';
import type { Row } from './tables.ts';

const sources: [entity: ModelName, customer: string, at: string][] = [
  ['Preference', 'customerId', 'observedAt'],
  ['Need', 'customerId', 'observedAt'],
  ['LifecycleTransition', 'customerId', 'occurredAt'],
  ['Relationship', 'fromId', 'createdAt'],
  ['Relationship', 'toId', 'createdAt'],
  ['Interaction', 'customerId', 'occurredAt'],
  ['Conversation', 'customerId', 'createdAt'],
  ['Opportunity', 'customerId', 'openedAt'],
  ['Lead', 'customerId', 'capturedAt'],
  ['Consent', 'customerId', 'givenAt'],
];

const newestFirst = byTerms([
  { type: 'timestamptz', nullable: false, descending: true, text: (item) => item.$text.at ?? null },
  { type: 'uuid', nullable: false, descending: true, text: (item) => item.id },
]);

/** `INTERACTION` -> `Interaction`. */
function entityOf(type: string): string {
  return sources.find(([name]) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() === type)![0];
}

export function timelineOf(oracle: Oracle, customer: Row, args: PageArgs & { types?: string[] | null }): Connection {
  const types = args.types?.map(entityOf) ?? null;
  const items = () => sources.flatMap((source) => (types && !types.includes(source[0]) ? [] : itemsOf(oracle, source, customer)));
  const page = pageOf(newestFirst, fingerprint(['timeline', types]), args);
  return {
    page: () => page(items()),
    count: (upTo) => bounded(items().length, upTo),
  };
}

function itemsOf(oracle: Oracle, [name, customerColumn, at]: (typeof sources)[number], customer: Row): Row[] {
  const entity = entityNamed(name);
  const { viewer } = oracle;
  if (!mayRead(viewer, entity) || hides(viewer, entity, at) || hides(viewer, entity, customerColumn)) return [];
  return oracle.tables
    .rows(name)
    .filter((row) => row[customerColumn] === customer.id && isVisible(oracle, entity, row))
    .filter((row) => !isArchivable(entity) || row.archivedAt === null)
    .map((row) => ({ id: row.id, at: row[at], type: name, $text: { at: row.$text[at] ?? null }, $attributes: {} }));
}
