// What can be read of segmentations, their segments and who is or was in them.
import sql, { type Sql } from 'sql-template-tag';
import { defineEntity, type Entity, entityNamed } from '../../query/entity.ts';
import { mayRead } from '../../query/policy.ts';

export const segmentation: Entity = defineEntity({
  name: 'Segmentation',
  plural: 'segmentations',
  singular: 'segmentation',
  prefix: 'segmentation',
  subject: 'segments',
  description: 'A named way to divide the base of customers.',
  fields: [
    'key',
    'name',
    'description',
    'kind',
    'method',
    'recomputeMinutes',
    'recomputeAt',
    'version',
    'createdAt',
    'updatedAt',
    'archivedAt',
  ],
  added: ['measure', 'evaluation'],
  relations: { segments: { many: 'Segment', key: 'segmentationId', description: 'The parts it makes.' } },
  filters: { key: { column: 'key' }, name: { column: 'name' }, kind: { column: 'kind' }, method: { column: 'method' } },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});

const membersSql = (parent: Sql, workspaceId: Sql) =>
  sql`select m.customer_id from segment_memberships m where m.workspace_id = ${workspaceId} and m.segment_id = ${parent} and m.left_at is null`;

export const segment: Entity = defineEntity({
  name: 'Segment',
  plural: 'segments',
  singular: 'segment',
  prefix: 'segment',
  subject: 'segments',
  description: 'A part of the base of customers: a list, a rule, or a place in a strategic segmentation.',
  fields: ['key', 'name', 'description', 'kind', 'priority', 'isDefault', 'ceiling', 'version', 'createdAt', 'updatedAt', 'archivedAt'],
  added: ['rule', 'evaluation', 'membersAt'],
  relations: {
    segmentation: { one: 'Segmentation', key: 'segmentationId', description: 'What it is a part of.' },
    members: {
      many: 'Customer',
      link: (c, parent, workspaceId) => sql`${c('id')} in (${membersSql(parent, workspaceId)})`,
      ids: membersSql,
      over: { entity: 'SegmentMembership', tells: ['customer', 'segment', 'leftAt'] },
      description: 'The customers who are in it now.',
    },
    memberships: { many: 'SegmentMembership', key: 'segmentId', description: 'The stays in it, present and past.' },
  },
  filters: {
    key: { column: 'key' },
    name: { column: 'name' },
    kind: { column: 'kind' },
    isDefault: { column: 'isDefault' },
    segmentation: { keyOf: 'segmentationId', entity: 'Segmentation', description: 'By the key of its segmentation.' },
  },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});

export const segmentMembership: Entity = defineEntity({
  name: 'SegmentMembership',
  prefix: 'segmentmembership',
  subject: 'segments',
  description: 'One stay of a customer in a segment.',
  fields: ['enteredAt', 'leftAt', 'value'],
  relations: {
    segment: { one: 'Segment', key: 'segmentId', description: 'In which segment.' },
    segmentation: { one: 'Segmentation', key: 'segmentationId', description: 'Of which segmentation.' },
    customer: { one: 'Customer', key: 'customerId', description: 'Who.' },
  },
  filters: {
    segment: { keyOf: 'segmentId', entity: 'Segment', description: 'By the key of the segment.' },
    segmentation: { keyOf: 'segmentationId', entity: 'Segmentation', description: 'By the key of the segmentation.' },
    enteredAt: { column: 'enteredAt' },
    leftAt: { column: 'leftAt' },
    value: { column: 'value' },
  },
  orders: { ENTERED_AT: { column: 'enteredAt' } },
  defaultOrder: { field: 'ENTERED_AT', direction: 'DESC' },
  scope: { kind: 'through', entity: 'Customer', key: 'customerId' },
  // It tells about a customer: segments alone may be read by those who may read none.
  visible: (_c, viewer) => (mayRead(viewer, entityNamed('Customer')) ? null : sql`false`),
});
