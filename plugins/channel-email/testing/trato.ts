// What tests of the channel ask of a Trato.
import { createHmac } from 'node:crypto';
import type { TestHost, TestWorkspace } from 'trato/plugin/testing';
import type { Answer } from '../incoming.ts';

const SEND = `mutation ($input: MessageSendInput!) { messageSend(input: $input) {
  message { id interaction { id } } userErrors { code message } } }`;
const MESSAGE = `query ($id: ID!) { message(id: $id) {
  id status externalId attempts error interaction { id conversation { id } } customer { id } } }`;

let made = 0;

export async function customer(by: TestWorkspace, address = `person${++made}@example.org`): Promise<{ id: string; address: string }> {
  return { id: await by.makeCustomer({ identities: [{ kind: 'EMAIL', value: address }] }), address };
}

/** Queues a message; answers its id. */
export async function queue(by: TestWorkspace, to: string, more: object = {}): Promise<string> {
  const input = { customer: { id: to }, channel: 'email', subject: 'Your order', body: 'It is on its way.', ...more };
  const { messageSend } = await by.query(SEND, { input });
  if (messageSend.userErrors.length > 0) throw new Error(JSON.stringify(messageSend.userErrors));
  return messageSend.message.id;
}

export const messageOf = async (by: TestWorkspace, id: string) => (await by.query(MESSAGE, { id })).message;

/** Has a message tried now, and answers what became of it. */
export async function tried(host: TestHost, by: TestWorkspace, id: string) {
  await host.retryNow();
  return messageOf(by, id);
}

export async function sent(host: TestHost, by: TestWorkspace, to: string, more: object = {}) {
  const message = await tried(host, by, await queue(by, to, more));
  if (message.status !== 'SENT') throw new Error(`${message.status}: ${message.error}`);
  return message;
}

export type Signing = { workspace?: string; secret: string; timestamp?: number | string; signature?: string };

export function signedHeaders(body: Buffer, { secret, timestamp = Math.floor(Date.now() / 1000), signature }: Signing) {
  const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  return { 'x-email-timestamp': String(timestamp), 'x-email-signature': signature ?? `sha256=${digest}` };
}

export async function handOver(host: TestHost, mail: string | Buffer, signing: Signing) {
  const body = Buffer.isBuffer(mail) ? mail : Buffer.from(mail.replace(/\r?\n/g, '\r\n'));
  const headers = { 'content-type': 'message/rfc822', ...signedHeaders(body, signing) };
  const path = `/plugins/channel-email/inbound/${signing.workspace ?? 'main'}`;
  const response = await host.http('POST', path, { headers, body: new Uint8Array(body) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** A mail as text, with a Message-ID of its own. */
export function mailOf(from: string, headers: Record<string, string> = {}, body = 'Hello.'): string {
  const all = { 'Message-ID': `<mail-${++made}@example.org>`, From: from, Subject: 'A question', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${lines.join('\n')}\n\n${body}\n`;
}

const INTERACTIONS = `query ($id: ID!) { customer(by: { id: $id }) { interactions(first: 50, orderBy: [{ field: OCCURRED_AT, direction: ASC }]) { nodes {
  direction kind { key } outcome subject body occurredAt conversation { id status } externalRef { value } } } } }`;

/** What was recorded with a customer, oldest first. */
export async function interactionsOf(by: TestWorkspace, id: string) {
  return (await by.query(INTERACTIONS, { id })).customer.interactions.nodes;
}
