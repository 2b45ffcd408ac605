// The delivery of webhooks.
export { startDelivering } from './deliverer.ts';
export type { WebhookPorts } from './lane.ts';
export { webhookMetrics } from './metrics.ts';
export { setWebhookTiming, type WebhookTiming, webhookTiming } from './schedule.ts';
