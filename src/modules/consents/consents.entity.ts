// What can be read of consents.
import { defineEntity, type Entity } from '../../query/entity.ts';

export const consent: Entity = defineEntity({
  name: 'Consent',
  prefix: 'consent',
  subject: 'consents',
  description: 'What a customer agreed to, or what else allows it, for one purpose.',
  fields: ['purpose', 'status', 'legalBasis', 'source', 'wording', 'givenAt', 'withdrawnAt', 'createdAt', 'updatedAt'],
  relations: {
    customer: { one: 'Customer', key: 'customerId', description: 'Who gave it.' },
    lead: { one: 'Lead', key: 'leadId', description: 'The lead with which it was given.' },
  },
  filters: {
    purpose: { column: 'purpose' },
    status: { column: 'status' },
    legalBasis: { column: 'legalBasis' },
    givenAt: { column: 'givenAt' },
  },
  orders: { GIVEN_AT: { column: 'givenAt' } },
  defaultOrder: { field: 'GIVEN_AT', direction: 'DESC' },
  scope: { kind: 'through', entity: 'Customer', key: 'customerId' },
});
