// What other modules may use of interactions.
export { conversationClose, conversationReopen, joinConversation, openConversation } from './conversations.ts';
export { type ConversationRef, conversationRef } from './interaction-fields.ts';
export { interactionRecord, interactionsRecord } from './interactions.commands.ts';
export { conversation, interaction } from './interactions.entity.ts';
