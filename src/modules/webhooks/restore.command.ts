// Bringing an archived webhook back, as if it were made anew: with its own credential, and nothing of the time between.
import { defineCommand } from '../../commands/command.ts';
import { input } from '../../commands/fields.ts';
import { expectVersion, lockRow, notFound } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { lastSeq } from '../../events/index.ts';
import { seesAsMuch } from './body-view.ts';
import { changeWebhook, checkOwn } from './state.commands.ts';
import { target } from './target.ts';
import { checkedUrl } from './url.ts';
import { checkRoom } from './webhooks.commands.ts';

export const webhookRestore = defineCommand({
  name: 'webhookRestore',
  description:
    'Brings an archived webhook back, active, paused or disabled as it was. It goes on at the end of the log with its own credential, once address and document have been checked again; the caller must see what that credential sees. What was missed `webhookReplay` sends.',
  permission: 'webhooks:write',
  input: input('WebhookRestoreInput', 'Which webhook to restore.', target),
  run: async (ctx, { id, expectedVersion }) => {
    const row = (await lockRow(ctx, 'Webhook', id)) ?? notFound('Webhook', ['id']);
    expectVersion('Webhook', row, expectedVersion);
    if (!row.archivedAt) return { id };
    checkedUrl(row.url);
    await checkOwn(ctx, row, 'Its API key or user has no access any more: make another webhook.');
    if (!(await seesAsMuch(ctx.tx, ctx.viewer, row))) {
      reject('ROLE_EXCEEDS_CALLER', 'It sends, with the role that it has, what the caller may not see: make another webhook.', ['id']);
    }
    await checkRoom(ctx);
    // Failures of the time before say nothing of its receiver now.
    const afresh = { archivedAt: null, failingSince: null, restingUntil: null };
    await changeWebhook(ctx, row, 'restored', afresh, { cursor: await lastSeq(ctx.tx) });
    return { id };
  },
});
