// The typed subscriptions, one line each.
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import { decodeId } from '../../graphql/ids.ts';
import type { Entity } from '../../query/entity.ts';
import { compileFilter } from '../../query/filter.ts';
import { columnsOfAlias } from '../../query/sql.ts';
import { user } from '../access/index.ts';
import { consent } from '../consents/index.ts';
import { customer } from '../customers/index.ts';
import { conversation, interaction } from '../interactions/index.ts';
import { lead } from '../leads/index.ts';
import { quote } from '../quotes/index.ts';
import { relationship } from '../relationships/index.ts';
import { opportunity } from '../sales/index.ts';
import { segmentMembership } from '../segments/index.ts';
import { entityFeed } from './entity-feeds.ts';

/** A feed of new things, or of things that took a step. */
function on(entity: Entity, name: string, type: string, description: string): void {
  entityFeed({ name, entity, types: [type], description });
}

/** A feed of changes, which may be narrowed to some fields. */
function onChange(entity: Entity, name: string, types: string[], description: string): void {
  entityFeed({ name, entity, types, description, changes: true });
}

on(customer, 'customerCreated', 'customer.created', 'Each customer as it is made.');
onChange(customer, 'customerUpdated', ['customer.updated'], 'A customer each time its own fields change.');
on(customer, 'customerStageChanged', 'customer.stage_changed', 'A customer each time it comes to another stage of its lifecycle.');
entityFeed<{ id: string }>({
  name: 'customerChanged',
  entity: customer,
  description: 'A customer, each time something about it changed, as it is when it is sent.',
  changes: true,
  filter: false,
  args: (arg) => ({ id: arg.id({ required: true, description: 'The customer.' }) }),
  follows: (args) => {
    const id = decodeId(String(args.id), 'Customer');
    return { filter: { customerId: id }, idOf: () => id };
  },
});

on(interaction, 'interactionRecorded', 'interaction.recorded', 'Each interaction as it is recorded.');
onChange(interaction, 'interactionCorrected', ['interaction.corrected'], 'An interaction each time what was recorded of it is corrected.');
on(conversation, 'conversationOpened', 'conversation.opened', 'Each conversation as it begins.');
on(conversation, 'conversationClosed', 'conversation.closed', 'A conversation when nothing is left to do in it.');

on(opportunity, 'opportunityCreated', 'opportunity.created', 'Each opportunity as it is made.');
onChange(opportunity, 'opportunityUpdated', ['opportunity.updated'], 'An opportunity each time its fields or lines change.');
onChange(opportunity, 'opportunityMoved', ['opportunity.moved'], 'An opportunity each time it comes to another stage of its pipeline.');
on(opportunity, 'opportunityWon', 'opportunity.won', 'An opportunity when it is won.');
on(opportunity, 'opportunityLost', 'opportunity.lost', 'An opportunity when it is lost.');
on(quote, 'quoteCreated', 'quote.created', 'Each quote as it is made.');
onChange(quote, 'quoteUpdated', ['quote.updated'], 'A quote each time its fields or lines change.');
on(quote, 'quoteSent', 'quote.sent', 'A quote when it goes to the customer.');
on(quote, 'quoteAccepted', 'quote.accepted', 'A quote when the customer takes it.');
on(quote, 'quoteRejected', 'quote.rejected', 'A quote when the customer turns it down.');

on(lead, 'leadCaptured', 'lead.captured', 'Each lead as it comes in.');
onChange(lead, 'leadUpdated', ['lead.updated'], 'A lead each time its fields change.');
onChange(lead, 'leadScored', ['lead.scored'], 'A lead each time its score changes.');
on(lead, 'leadConverted', 'lead.converted', 'A lead when it becomes an opportunity.');
on(lead, 'leadDisqualified', 'lead.disqualified', 'A lead when it is given up.');

on(relationship, 'relationshipCreated', 'relationship.created', 'Each relationship between two customers as it is made.');
onChange(relationship, 'relationshipUpdated', ['relationship.updated'], 'A relationship each time its fields change.');
on(consent, 'consentGiven', 'consent.given', 'Each consent as it is given.');
on(consent, 'consentWithdrawn', 'consent.withdrawn', 'A consent when it is withdrawn.');
on(user, 'userCreated', 'user.created', 'Each user as it is made.');
onChange(user, 'userUpdated', ['user.updated'], 'A user each time its fields change.');

type OfSegment = { segmentId?: string | null; segment?: string | null };

function inSegment(viewer: Viewer, { segmentId, segment }: OfSegment): Sql | null {
  if (segmentId != null)
    return sql`${columnsOfAlias('SegmentMembership', 't')('segmentId')} = ${decodeId(String(segmentId), 'Segment')}::uuid`;
  return segment == null ? null : compileFilter(viewer, segmentMembership, { segment: { eq: segment } }, 't');
}

for (const [name, type, description] of [
  ['segmentEntered', 'segment.entered', 'Each stay in a segment as it begins: who came in.'],
  ['segmentLeft', 'segment.left', 'Each stay in a segment as it ends: who left.'],
] as const) {
  entityFeed<OfSegment>({
    name,
    entity: segmentMembership,
    types: [type],
    description,
    args: (arg) => ({
      segmentId: arg.id({ description: 'Only of this segment.' }),
      segment: arg.string({ description: 'Only of the segment with this key; `segmentId` goes first.' }),
    }),
    where: inSegment,
  });
}
