// A new secret. Deliveries are signed with the one before too for a while, so that receivers can change over in peace.
import { defineCommand } from '../../commands/command.ts';
import { input, int } from '../../commands/fields.ts';
import { writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { seesAsMuch } from './body-view.ts';
import { newSecret, showSecret } from './secrets.ts';
import { emitWebhook, lockWebhook, target } from './target.ts';

const MINUTE_MS = 60_000;
const DAY = 24 * 60;

export const webhookRotateSecret = defineCommand({
  name: 'webhookRotateSecret',
  description: 'Gives a webhook a new secret and answers it this once. For a while both sign.',
  permission: 'webhooks:write',
  input: input('WebhookRotateSecretInput', 'Which webhook gets a new secret.', {
    ...target,
    keepPreviousFor: int(
      'For how many minutes the secret before signs too: a day unless told, 30 days at most, 0 to drop it.',
      0,
      30 * DAY,
    ).default(DAY),
  }),
  run: async (ctx, { keepPreviousFor, ...wanted }) => {
    const row = await lockWebhook(ctx, wanted);
    // Whoever has the secret can speak in the webhook's name.
    if (!(await seesAsMuch(ctx.tx, ctx.viewer, row))) {
      reject('ROLE_EXCEEDS_CALLER', 'The credential of the webhook sees what the caller does not.', ['id']);
    }
    const secret = newSecret();
    const until = keepPreviousFor > 0 ? new Date(ctx.now.getTime() + keepPreviousFor * MINUTE_MS) : null;
    const after = { previousSecretUntil: until };
    await writeChanges(ctx, 'Webhook', row.id, { secret, previousSecret: until && row.secret, ...after });
    emitWebhook(ctx, 'secret_rotated', row.id, { before: { previousSecretUntil: row.previousSecretUntil }, after });
    return showSecret({ id: row.id }, secret);
  },
});
