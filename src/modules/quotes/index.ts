// What other modules may use of quotes.
export { quoteAccept, quoteReject, quoteRevise, quoteSend } from './decide.commands.ts';
export { expireQuotes } from './expire.ts';
export { quoteCreate, quoteLinesSet, quoteUpdate } from './quotes.commands.ts';
export { quote, quoteLine } from './quotes.entity.ts';
