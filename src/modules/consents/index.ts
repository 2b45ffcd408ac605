// What other modules may use of consents.
export { consentGive, consentWithdraw } from './consents.commands.ts';
export { consent } from './consents.entity.ts';
export { checkGiven, consentInput, type GivenConsent, giveConsent } from './give.ts';
