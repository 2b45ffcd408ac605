import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { channelCommands, interactionKindCommands, partyRoleCommands, relationshipKindCommands } from './vocabularies.commands.ts';
import { channel, interactionKind, partyRole, relationshipKind } from './vocabularies.entity.ts';

for (const entity of [channel, interactionKind, partyRole, relationshipKind]) {
  entityType(entity);
  entityRootFields(entity);
}
crudMutations(channelCommands, 'Channel');
crudMutations(interactionKindCommands, 'InteractionKind');
crudMutations(partyRoleCommands, 'PartyRole');
crudMutations(relationshipKindCommands, 'RelationshipKind');
