// The workspace itself: the one table that carries no workspace_id, since its id is one.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const workspace: Entity = defineEntity({
  name: 'Workspace',
  prefix: 'workspace',
  subject: 'workspace',
  description: 'A company using Trato. Nothing ever crosses it.',
  fields: ['key', 'name', 'currency', 'timeZone', 'country', 'createdAt'],
  types: { currency: 'CurrencyCode', country: 'CountryCode' },
});
