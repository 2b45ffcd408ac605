// The fields of an interaction in inputs.
import { z } from 'zod';
import { dateTime, externalRef, float, id, input, int, key, longText, money, oneOf, oneOfInput, text } from '../../commands/fields.ts';
import { type InteractionDirection, InteractionDirectionValues } from '../../db/models.ts';
import { type UserRef, userRef } from '../access/index.ts';
import { type CustomerRef, customerRef } from '../customers/index.ts';

export type ExternalRef = { system: string; value: string };
export type Money = { amount: string; currency: string };
export type ConversationRef = { id?: string; externalId?: ExternalRef };
export type ParticipantInput = { customer?: CustomerRef | null; user?: UserRef | null; role: string };

export type InteractionInput = {
  customer: CustomerRef;
  kind: string;
  touchPoint?: string | null;
  channel?: string | null;
  direction: InteractionDirection;
  occurredAt?: Date | null;
  externalRef?: ExternalRef | null;
  value?: Money | null;
  cost?: Money | null;
  subject?: string | null;
  body?: string | null;
  outcome?: string | null;
  sentiment?: number | null;
  duration?: number | null;
  user?: UserRef | null;
  conversation?: ConversationRef | null;
  participants?: ParticipantInput[] | null;
  attributes?: unknown;
};

export const conversationRef = oneOfInput('ConversationRef', 'Names a conversation; an external id that is not known yet begins one.', {
  id: id('Conversation', 'By id.').optional(),
  externalId: externalRef('By its id in another system.').optional(),
});

const participant = input('ParticipantInput', 'Somebody else who took part: a customer or a user.', {
  customer: customerRef('The customer who took part.').nullish(),
  user: userRef('The user who took part.').nullish(),
  role: text('What they did there, for example `cc` or `attendee`.', 50),
});

export const interactionFields = {
  customer: customerRef('With whom. An identity that is not known yet makes the customer.'),
  kind: key('Key of the interaction kind.'),
  touchPoint: key('Key of the touch point.').nullish(),
  channel: key('Key of the channel; the touch point’s unless told.').nullish(),
  direction: oneOf('InteractionDirection', InteractionDirectionValues, 'Who began it.'),
  occurredAt: dateTime('When it happened; now unless told.').nullish(),
  externalRef: externalRef('Its id in the system it comes from: the same one again is the same interaction.').nullish(),
  value: money('What it was worth; negative where it took value back.').nullish(),
  cost: money('What it cost the company.').nullish(),
  subject: text('What it was about.', 500).nullish(),
  body: longText('What was said or written.').nullish(),
  outcome: text('What came of it.', 500).nullish(),
  sentiment: float('From -1 (very unhappy) to 1 (very happy).', -1, 1).nullish(),
  duration: int('Length in seconds.').nullish(),
  user: userRef('The user who acted for the company.').nullish(),
  conversation: conversationRef.nullish(),
  participants: z.array(participant).max(50).nullish().meta({ description: 'Who else took part.' }),
  attributes: z.unknown().optional().meta({ description: 'Custom attributes by key.' }),
};

export const interactionRow = input(
  'InteractionRecordRow',
  'One interaction to record.',
  interactionFields,
) as unknown as z.ZodType<InteractionInput>;
export const interactionInput = input(
  'InteractionRecordInput',
  'An interaction to record.',
  interactionFields,
) as unknown as z.ZodType<InteractionInput>;
