// Changing the workspace's words.
import { crudCommands } from '../../commands/crud.ts';
import { bool, key, longText, text } from '../../commands/fields.ts';
import './vocabularies.entity.ts';

const named = {
  key: key('Stable name, unique in the workspace.'),
  name: text('Name shown to people.'),
  description: longText('What it means.', 2000).nullish(),
};

export const channelCommands = crudCommands({ entity: 'Channel', noun: 'channel', plural: 'channels', unique: ['key'], fields: named });

export const interactionKindCommands = crudCommands({
  entity: 'InteractionKind',
  noun: 'interactionKind',
  plural: 'interactionKinds',
  unique: ['key'],
  fields: named,
});

export const relationshipKindCommands = crudCommands({
  entity: 'RelationshipKind',
  noun: 'relationshipKind',
  plural: 'relationshipKinds',
  unique: ['key'],
  fields: {
    ...named,
    inverseName: text('Name read from the second customer to the first.'),
    acyclic: bool('Whether a circle of such ties is refused.').optional(),
    exclusive: bool('Whether a customer has at most one such tie to others.').optional(),
  },
});

export const partyRoleCommands = crudCommands({
  entity: 'PartyRole',
  noun: 'partyRole',
  plural: 'partyRoles',
  unique: ['key'],
  fields: { ...named, countsAsCustomer: bool('Whether those in this role count in figures about customers.').optional() },
});
