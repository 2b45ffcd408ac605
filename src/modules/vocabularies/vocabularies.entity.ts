// The workspace's own words: channels, interaction kinds, relationship kinds and party roles.
import { defineEntity, type Entity } from '../../query/entity.ts';

const common = {
  filters: { key: { column: 'key' }, name: { column: 'name' } },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
} as const;
const dates = ['version', 'createdAt', 'updatedAt', 'archivedAt'];

export const channel: Entity = defineEntity({
  name: 'Channel',
  plural: 'channels',
  singular: 'channel',
  prefix: 'channel',
  subject: 'channels',
  description: 'A way of reaching each other: e-mail, phone, web, in person …',
  fields: ['key', 'name', 'description', ...dates],
  ...common,
});

export const interactionKind: Entity = defineEntity({
  name: 'InteractionKind',
  plural: 'interactionKinds',
  singular: 'interactionKind',
  prefix: 'interactionkind',
  subject: 'vocabularies',
  description: 'What kind of contact it was, for example `order_placed`.',
  fields: ['key', 'name', 'description', ...dates],
  ...common,
});

export const relationshipKind: Entity = defineEntity({
  name: 'RelationshipKind',
  plural: 'relationshipKinds',
  singular: 'relationshipKind',
  prefix: 'relationshipkind',
  subject: 'vocabularies',
  description: 'A kind of tie between customers, for example `subsidiary_of`.',
  fields: ['key', 'name', 'inverseName', 'description', 'acyclic', 'exclusive', ...dates],
  ...common,
});

export const partyRole: Entity = defineEntity({
  name: 'PartyRole',
  plural: 'partyRoles',
  singular: 'partyRole',
  prefix: 'partyrole',
  subject: 'vocabularies',
  description: 'What a customer can be to the company: buyer, partner, supplier, investor …',
  fields: ['key', 'name', 'description', 'countsAsCustomer', ...dates],
  ...common,
});
