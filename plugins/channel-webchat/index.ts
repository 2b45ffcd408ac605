// A chat on a website: the site's server hands over what visitors write, and fetches what the company answers.
import { definePlugin } from 'trato/plugin';
import { config, type Site } from './config.ts';
import { takeIn } from './incoming.ts';
import { migrations } from './migrations.ts';
import { forget, giveReplies, keepReply, question } from './outgoing.ts';
import { parse, siteOf, verifyRequest } from './requests.ts';
import { addressOf, VISITOR_SYSTEM } from './visitors.ts';

const CHANNEL = 'chat';
const MOST_BYTES = 64_000;

export const plugin = definePlugin({
  id: 'channel-webchat',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Chats on websites: messages of visitors come in by signed requests, and replies are fetched the same way.',
  config,
  capabilities: ['channels', 'http', 'tables', 'events', 'read:customers', 'write:customers'],
  scopes: {},
  setup({ config: { sites }, tables, channels, http, events }) {
    tables.migrations(migrations);
    const chat = channels.provide(CHANNEL, {
      addressKind: 'WEB_VISITOR',
      addressSystem: VISITOR_SYSTEM,
      send: (ctx, message) => keepReply(ctx, sites, message),
    });
    const verify: Parameters<typeof http.route>[2]['verify'] = (request, ctx) => verifyRequest(sites, request, ctx);
    const siteOfRequest = (request: Parameters<typeof verify>[0]) => siteOf(sites, request) as Site;
    http.route('POST', 'messages', {
      bodyLimit: MOST_BYTES,
      verify,
      handle: (ctx, request) => takeIn(ctx, chat, siteOfRequest(request), request.body),
    });
    http.route('GET', 'messages', {
      verify,
      handle: async (ctx, request) => {
        const asked = parse(question, () => request.query);
        if ('answer' in asked) return asked.answer;
        const address = addressOf(siteOfRequest(request).key, asked.value.visitor);
        return ctx.inWorkspace(ctx.workspaceId, (write) => giveReplies(write, chat, address, asked.value.after));
      },
    });
    events.on('erasure', ['customer.erased'], (ctx, event) => forget(ctx, event.subjectId));
  },
});
