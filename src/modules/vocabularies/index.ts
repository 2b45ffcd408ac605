// What other modules may use of the vocabularies.
export { resolveKeys } from './resolve-keys.ts';
export { channelCommands, interactionKindCommands, partyRoleCommands, relationshipKindCommands } from './vocabularies.commands.ts';
export { channel, interactionKind, partyRole, relationshipKind } from './vocabularies.entity.ts';
