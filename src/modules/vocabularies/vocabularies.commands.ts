// Changing the workspace's words.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { bool, key, longText, text } from '../../commands/fields.ts';
import { reject } from '../../commands/user-errors.ts';
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
  columns: refuseNewRules,
  fields: {
    ...named,
    inverseName: text('Name read from the second customer to the first.'),
    acyclic: bool('Whether a circle of such ties is refused.').optional(),
    exclusive: bool('Whether a customer has at most one such tie to others.').optional(),
  },
});

// A rule that is switched on later would already be broken by ties nobody looks at: it has to be there before the first tie.
async function refuseNewRules(
  ctx: CommandContext,
  values: Record<string, unknown>,
  current: Record<string, unknown> | null,
): Promise<Record<string, unknown>> {
  const rules = ['acyclic', 'exclusive'].filter((rule) => values[rule] === true);
  if (rules.length === 0) return values;
  const [used] = await ctx.tx.query<{ acyclic: boolean; exclusive: boolean }>(sql`select k.acyclic, k.exclusive from relationship_kinds k
    where k.workspace_id = ${ctx.workspaceId}::uuid and k.key = ${(values.key ?? current?.key) as string}
      and exists (select from relationships r where r.workspace_id = k.workspace_id and r.kind_id = k.id)`);
  const added = rules.find((rule) => used && !used[rule as 'acyclic']);
  return added ? reject('KIND_IN_USE', 'There are ties of this kind already: the rule cannot be switched on any more.', [added]) : values;
}

export const partyRoleCommands = crudCommands({
  entity: 'PartyRole',
  noun: 'partyRole',
  plural: 'partyRoles',
  unique: ['key'],
  fields: { ...named, countsAsCustomer: bool('Whether those in this role count in figures about customers.').optional() },
});
