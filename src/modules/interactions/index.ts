// What other modules may use of interactions.
export { interactionRecord, interactionsRecord } from './interactions.commands.ts';
export { conversation, interaction } from './interactions.entity.ts';
