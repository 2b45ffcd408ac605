// What receivers recognise a repeated message by.
import { createHash } from 'node:crypto';
import { newId } from '../../lib/typeid.ts';

/** The `webhook-id` of an event for a webhook: the same whenever it is sent, whoever sends it. */
export function messageIdOf(webhookId: string, eventId: string): string {
  return `msg_${createHash('sha256').update(`${webhookId}:${eventId}`).digest('hex').slice(0, 32)}`;
}

/** The `webhook-id` of something that is no event. */
export function newMessageId(): string {
  return `msg_${newId().replaceAll('-', '')}`;
}
