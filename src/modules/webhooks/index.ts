// What other modules and the server may use of webhooks.
export { disableWebhook } from './disable.ts';
export { type OpenedWebhook, openSubscription } from './document.ts';
export { ERASED_BODY, eraseDeliveriesOf } from './erase.ts';
export { messageIdOf } from './message-id.ts';
export { type Rechecked, recheckWebhooks } from './recheck.ts';
export { openWebhook, type Rendered, type RenderOptions, renderEvents } from './render.ts';
export { webhookReplay } from './replay.command.ts';
export { webhookRestore } from './restore.command.ts';
export { deleteOldDeliveries } from './retention.ts';
export { webhookRotateSecret } from './rotate.command.ts';
export { webhookArchive, webhookEnable, webhookPause } from './state.commands.ts';
export { webhookTest } from './test.command.ts';
export { webhookCreate, webhookUpdate } from './webhooks.commands.ts';
export { webhook, webhookAttempt, webhookDelivery } from './webhooks.entity.ts';
