// What other modules may use of interactions.
export { conversationClose, conversationReopen } from './conversations.ts';
export { interactionRecord, interactionsRecord } from './interactions.commands.ts';
export { conversation, interaction } from './interactions.entity.ts';
