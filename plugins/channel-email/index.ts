// E-mail: out by SMTP; answers, bounces and notes of absence come in as the mails that they are.
import { definePlugin } from 'trato/plugin';
import { config } from './config.ts';
import { type Inbound, takeIn } from './incoming.ts';
import { senderOf } from './outgoing.ts';
import { accountOf, verifyRequest } from './requests.ts';

const CHANNEL = 'email';
const MOST_BYTES = 10_000_000;

export const plugin = definePlugin({
  id: 'channel-email',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'E-mail: messages go out by SMTP, answers join their conversations, bounces are reported.',
  config,
  capabilities: [
    ...(['channels', 'http'] as const),
    // Which account is this workspace's.
    'read:workspace',
    // Subjects of conversations, and what an automatic reply belongs to.
    ...(['read:conversations', 'read:messages', 'read:interactions', 'read:customers', 'read:vocabularies'] as const),
    // Automatic replies, and their kind.
    ...(['write:interactions', 'write:vocabularies'] as const),
  ],
  scopes: {},
  setup({ config: { accounts }, channels, http, log }) {
    if (accounts.length === 0) {
      // A message to a channel that nobody serves is refused at once; one that could never be sent would only fail later.
      log.info({}, 'no mail account is configured: the channel email is not served');
      return;
    }
    const channel = channels.provide(CHANNEL, { addressKind: 'EMAIL', send: senderOf(accounts) });
    http.route('POST', 'inbound/:workspace', {
      bodyLimit: MOST_BYTES,
      verify: (request, ctx) => verifyRequest(accounts, request, ctx),
      handle: (ctx, request) => takeIn(ctx, channel, accountOf(accounts, request) as Inbound, request.body),
    });
  },
});
