// What can be read of the definitions of custom attributes.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const attributeDefinition: Entity = defineEntity({
  name: 'AttributeDefinition',
  plural: 'attributeDefinitions',
  singular: 'attributeDefinition',
  prefix: 'attributedefinition',
  subject: 'attributes',
  description: 'A custom attribute that customers or interactions of this workspace can have.',
  fields: [
    'entity',
    'key',
    'name',
    'description',
    'type',
    'required',
    'options',
    'indexed',
    'version',
    'createdAt',
    'updatedAt',
    'archivedAt',
  ],
  filters: {
    entity: { column: 'entity' },
    key: { column: 'key' },
    name: { column: 'name' },
    type: { column: 'type' },
    required: { column: 'required' },
    indexed: { column: 'indexed' },
  },
  orders: { KEY: { column: 'key' } },
  defaultOrder: { field: 'KEY', direction: 'ASC' },
});
