// The delivery of webhooks as a service of the background: one process at a time delivers for the whole database.
import { viewerOfCredential } from '../../../auth/credential.ts';
import { UserErrors } from '../../../commands/user-errors.ts';
import { defineService } from '../../../jobs/index.ts';
import { disableWebhook } from '../disable.ts';
import { messageIdOf } from '../message-id.ts';
import { openWebhook, renderEvents } from '../render.ts';
import { startDelivering } from './deliverer.ts';
import type { WebhookPorts } from './lane.ts';

export const webhookPorts: WebhookPorts = {
  viewerOf: viewerOfCredential,
  open: openWebhook,
  render: renderEvents,
  messageIdOf,
  problemOf: (error) => (error instanceof UserErrors ? error.errors.map(({ code, message }) => `${code}: ${message}`).join('\n') : null),
  disable: disableWebhook,
};

defineService({ name: 'webhooks', start: (db, { log }) => startDelivering({ db, log, ports: webhookPorts }) });
