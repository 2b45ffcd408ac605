import { hasPermission } from '../../auth/permissions.ts';
import { builder } from '../../graphql/builder.ts';
import { enumRefs } from '../../graphql/common-types.ts';
import { readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { encodeId } from '../../graphql/ids.ts';
import { describeInput } from '../../graphql/zod-inputs.ts';
import { identityAsked } from './find.ts';
import { identityRefInput } from './identity.ts';
import { type Recognition, recognise } from './recognise.ts';

const ContactRef = builder.objectRef<Recognition['lastContacts'][number]>('RecognisedContact').implement({
  description: 'A recent contact of a recognised customer.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When.', resolve: (row) => new Date(row.at) }),
    direction: t.field({
      type: enumRefs.InteractionDirection as never,
      description: 'Who began it.',
      resolve: (row) => row.direction as never,
    }),
    channel: t.exposeString('channel', { description: 'Name of the channel.' }),
    kind: t.exposeString('kind', { description: 'Name of the kind.' }),
    subject: t.exposeString('subject', { nullable: true, description: 'What it was about.' }),
    outcome: t.exposeString('outcome', { nullable: true, description: 'What came of it.' }),
  }),
});

const MatterRef = builder.objectRef<Recognition['openMatters'][number]>('RecognisedMatter').implement({
  description: 'Something that still waits to be done for a recognised customer.',
  fields: (t) => ({
    conversationId: t.id({ description: 'Id of the open conversation.', resolve: (row) => encodeId('Conversation', row.id) }),
    subject: t.exposeString('subject', { nullable: true, description: 'What it is about.' }),
    channel: t.exposeString('channel', { nullable: true, description: 'Name of the channel.' }),
    since: t.field({ type: 'DateTime', description: 'Since when it is open.', resolve: (row) => new Date(row.since) }),
  }),
});

const RecognitionRef = builder.objectRef<Recognition>('Recognition').implement({
  description:
    'Who is calling: what the one who answers needs at once. Whole for everyone with the permission `recognise`, whatever else the role hides.',
  fields: (t) => ({
    customerId: t.id({ description: 'Id of the customer.', resolve: (row) => encodeId('Customer', row.id) }),
    kind: t.field({ type: enumRefs.CustomerKind as never, description: 'Person or organisation.', resolve: (row) => row.kind as never }),
    displayName: t.exposeString('displayName', { description: 'Name to greet with.' }),
    language: t.exposeString('language', { nullable: true, description: 'Language to greet in, as a BCP 47 tag.' }),
    health: t.field({
      type: enumRefs.CustomerHealth as never,
      description: 'Whether the tie is at risk.',
      resolve: (row) => row.health as never,
    }),
    stage: t.exposeString('stage', { nullable: true, description: 'Name of the lifecycle stage.' }),
    owner: t.exposeString('owner', { nullable: true, description: 'Name of the user who looks after the customer.' }),
    team: t.exposeString('team', { nullable: true, description: 'Name of the team that does.' }),
    lastContacts: t.field({ type: [ContactRef], description: 'The last five contacts, newest first.', resolve: (row) => row.lastContacts }),
    openMatters: t.field({
      type: [MatterRef],
      description: 'The last ten open conversations, newest first.',
      resolve: (row) => row.openMatters,
    }),
  }),
});

builder.queryField('recognise', (t) =>
  t.field({
    type: RecognitionRef,
    nullable: true,
    description: 'Who is this? One fast look-up by an identity; null when nobody has it. Needs only the permission `recognise`.',
    args: {
      identity: t.arg({
        type: describeInput(identityRefInput).type as never,
        required: true,
        description: 'The number that rings, the address that writes …',
      }),
    },
    resolve: async (_root, { identity }, ctx) => {
      if (!hasPermission(viewerOf(ctx).role, 'recognise')) throw apiError('FORBIDDEN', 'The role lacks the permission recognise.');
      const reader = readerOf(ctx);
      return recognise(reader, await identityAsked(reader, identity as never));
    },
  }),
);
