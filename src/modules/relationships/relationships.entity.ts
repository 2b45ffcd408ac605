// What can be read of the ties between customers.
import sql, { raw, type Sql } from 'sql-template-tag';
import { scopeOf } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { type ColumnOf, defineEntity, type Entity, entityNamed } from '../../query/entity.ts';
import { mayRead, rowPolicy } from '../../query/policy.ts';
import { tableOf } from '../../query/sql.ts';

export const relationship: Entity = defineEntity({
  name: 'Relationship',
  plural: 'relationships',
  singular: 'relationship',
  prefix: 'relationship',
  subject: 'relationships',
  description: 'A typed tie from one customer to another. Seen by those who see both.',
  fields: ['title', 'since', 'until', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  externalRef: { field: 'externalRef', system: 'externalSystem', id: 'externalId', description: 'Its id in the system it came from.' },
  relations: {
    kind: { one: 'RelationshipKind', key: 'kindId', description: 'What kind of tie it is.' },
    from: { one: 'Customer', key: 'fromId', description: 'The first customer: who works at, is a subsidiary of …' },
    to: { one: 'Customer', key: 'toId', description: 'The second customer: the employer, the parent …' },
  },
  filters: {
    kind: { keyOf: 'kindId', entity: 'RelationshipKind', description: 'By the key of its kind.' },
    from: { id: 'fromId', entity: 'Customer', description: 'By the id of the first customer.' },
    to: { id: 'toId', entity: 'Customer', description: 'By the id of the second customer.' },
    since: { column: 'since' },
    until: { column: 'until' },
    createdAt: { column: 'createdAt' },
  },
  orders: { CREATED_AT: { column: 'createdAt' } },
  defaultOrder: { field: 'CREATED_AT', direction: 'ASC' },
  visible: bothVisible,
});

function bothVisible(c: ColumnOf, viewer: Viewer): Sql | null {
  const customer = entityNamed('Customer');
  if (!mayRead(viewer, customer)) return sql`false`;
  if (scopeOf(viewer.role, customer.subject) === 'ALL' && !customer.visible) return null;
  const seen = (id: Sql, alias: string) =>
    sql`exists (select from ${tableOf('Customer')} ${raw(alias)} where ${raw(alias)}.id = ${id} and ${rowPolicy(viewer, customer, alias)})`;
  return sql`(${seen(c('fromId'), 'rel_from')} and ${seen(c('toId'), 'rel_to')})`;
}
