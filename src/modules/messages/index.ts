// What other modules and plugins' channels may use of messages.
export { eraseMessagesOf } from './erase.ts';
export { message } from './messages.entity.ts';
export { type ChannelProvider, defineChannelProvider, providerOf, type SendCall } from './providers.ts';
export { type Received, receiveMessage } from './receive.ts';
export { messageSend } from './send.command.ts';
export { type News, reportMessage } from './settle.ts';
export type { InboundMessage, OutboundMessage } from './shapes.ts';
export { messageCancel, messageRetry } from './state.commands.ts';
export { sendDue } from './worker.ts';
