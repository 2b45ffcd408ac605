// Changing the workspace's words of selling.
import { crudCommands } from '../../commands/crud.ts';
import { key, longText, oneOf, text } from '../../commands/fields.ts';
import { OpportunityStatusValues } from '../../db/models.ts';
import './sales-words.entity.ts';

const named = {
  key: key('Stable name, unique in the workspace.'),
  name: text('Name shown to people.'),
  description: longText('What it means.', 2000).nullish(),
};

export const competitorCommands = crudCommands({
  entity: 'Competitor',
  noun: 'competitor',
  plural: 'competitors',
  unique: ['key'],
  fields: { ...named, website: text('Its address on the web.', 500).nullish() },
});

export const closeReasonCommands = crudCommands({
  entity: 'CloseReason',
  noun: 'closeReason',
  plural: 'closeReasons',
  unique: ['key'],
  fields: { ...named, outcome: oneOf('OpportunityStatus', OpportunityStatusValues, 'Whether it is a reason to win or to lose.') },
});

export const opportunityRoleCommands = crudCommands({
  entity: 'OpportunityRole',
  noun: 'opportunityRole',
  plural: 'opportunityRoles',
  unique: ['key'],
  fields: named,
});
