// Making and changing webhooks. Whoever says what is sent, or where to, lends the webhook their role: nobody has data sent
// to themselves that only another may see.
import sql from 'sql-template-tag';
import { z } from 'zod';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { input, int, longText, text } from '../../commands/fields.ts';
import { changesOf, insertRows, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { takeLock } from '../../db/locks.ts';
import type { JsonObject, WebhookRow } from '../../db/models.ts';
import { assertReached, decodeCursor, EventCursorError, lastSeq } from '../../events/index.ts';
import { newId } from '../../lib/typeid.ts';
import { seesAsMuch } from './body-view.ts';
import { checkSubscription } from './document.ts';
import { newSecret, showSecret } from './secrets.ts';
import { credentialOf, emitWebhook, lockWebhook, target } from './target.ts';
import { checkedUrl } from './url.ts';

/** Webhooks of a workspace that are not archived: each event is matched with all of them. */
const MOST_WEBHOOKS = 100;
const MOST_VARIABLES = 20_000;

const variables = z
  .record(z.string(), z.unknown())
  .refine((value) => JSON.stringify(value).length <= MOST_VARIABLES, {
    message: `At most ${MOST_VARIABLES} characters of JSON.`,
    params: { code: 'TOO_LONG' },
  })
  .refine((value) => !JSON.stringify(value).includes('\\u0000'), { message: 'Must not contain NUL.', params: { code: 'INVALID_TEXT' } })
  .meta({ gql: 'JSON', description: 'Values of the document’s variables, an object of at most 20,000 characters.' });

const origin = z
  .string()
  .regex(/^[\w.-]{1,100}$/, 'An origin has letters, digits, _ . and -, at most 100.')
  .meta({ description: 'What an integration says in `x-trato-origin`.' });

const fields = {
  name: text('Name shown to people.'),
  url: text('Where deliveries go, over http or https.', 2000),
  document: longText('One subscription that follows the event log, of at most 20,000 characters.', 20_000),
  variables,
  ignoreOrigins: z.array(origin).max(50, 'At most 50 origins.').meta({
    description: 'Changes that these integrations caused are not sent: so an automation skips its own.',
  }),
  concurrency: int('How many deliveries are sent at the same moment; those of one subject follow each other always.', 1, 50),
  timeoutMs: int('How long the receiver may take to answer, in milliseconds.', 1_000, 60_000),
};

export const webhookCreate = defineCommand({
  name: 'webhookCreate',
  description:
    'Makes a webhook, which sees what its maker sees, and answers its secret this once. It begins at the end of the log unless told.',
  permission: 'webhooks:write',
  input: input('WebhookCreateInput', 'A new webhook.', {
    ...fields,
    variables: fields.variables.default({}),
    ignoreOrigins: fields.ignoreOrigins.default([]),
    concurrency: fields.concurrency.default(10),
    timeoutMs: fields.timeoutMs.default(15_000),
    after: text('Begin after this place of the log: a cursor of Query.events or a feed.', 100).nullish(),
  }),
  run: async (ctx, { after, ...said }) => {
    const url = checkedUrl(said.url);
    const credential = credentialOf(ctx.viewer);
    checkSubscription(ctx.viewer, said);
    await checkRoom(ctx);
    const cursor = await placeAfter(ctx, after);
    const id = newId();
    const secret = newSecret();
    const row = { ...said, variables: said.variables as JsonObject, url, ...credential };
    await insertRows(ctx.tx, 'Webhook', [{ workspaceId: ctx.workspaceId, id, secret, cursor, ...row }]);
    emitWebhook(ctx, 'created', id, { after: row });
    return showSecret({ id }, secret);
  },
});

/** Refuses one more than a workspace may have. Two that make the last one at the same moment wait for each other. */
export async function checkRoom(ctx: CommandContext): Promise<void> {
  await takeLock(ctx.tx, `webhooks ${ctx.workspaceId}`);
  const [row] = await ctx.tx.query<{ n: number }>(
    sql`select count(*)::int as n from webhooks where workspace_id = ${ctx.workspaceId}::uuid and archived_at is null`,
  );
  if (row!.n >= MOST_WEBHOOKS) reject('TOO_MANY_WEBHOOKS', `A workspace has at most ${MOST_WEBHOOKS} webhooks: archive one.`, []);
}

async function placeAfter(ctx: CommandContext, after: string | null | undefined): Promise<bigint> {
  if (after == null) return lastSeq(ctx.tx);
  try {
    const cursor = decodeCursor(after);
    await assertReached(ctx.tx, cursor);
    return cursor;
  } catch (error) {
    if (error instanceof EventCursorError) return reject(error.code, error.message, ['after']);
    throw error;
  }
}

export const webhookUpdate = defineCommand({
  name: 'webhookUpdate',
  description:
    'Changes a webhook: absent fields stay. With another url, document or variables it goes on with the role of the caller, who must see what its credential sees. What waits is sent as it is.',
  permission: 'webhooks:write',
  input: input('WebhookUpdateInput', 'Changes of a webhook.', {
    ...target,
    ...(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.nullish()])) as {
      [Name in keyof typeof fields]: z.ZodOptional<z.ZodNullable<(typeof fields)[Name]>>;
    }),
  }),
  run: async (ctx, { id, expectedVersion, ...patch }) => {
    for (const [name, value] of Object.entries(patch)) if (value === null) reject('REQUIRED', 'This field cannot be cleared.', [name]);
    const row = await lockWebhook(ctx, { id, expectedVersion });
    const changes = changesOf(row, { ...patch, ...(patch.url != null && { url: checkedUrl(patch.url) }) });
    if (!changes) return { id };
    const after = { ...changes.after, ...(await takenOver(ctx, row, changes.after)) };
    await writeChanges(ctx, 'Webhook', id, after);
    emitWebhook(ctx, 'updated', id, changesOf(row, after)!);
    return { id };
  },
});

/**
 * The credential of whoever says what is sent or where to, once the document has been checked for it. Refuses those who see
 * less than the credential that it has: what was made with that waits, is kept, and can be sent again.
 */
async function takenOver(ctx: CommandContext, before: WebhookRow, changed: Partial<WebhookRow>): Promise<Partial<WebhookRow>> {
  if (!['url', 'document', 'variables'].some((name) => name in changed)) return {};
  const credential = credentialOf(ctx.viewer);
  const { document, variables } = { ...before, ...changed };
  checkSubscription(ctx.viewer, { document, variables: variables as Record<string, unknown> });
  if (!(await seesAsMuch(ctx.tx, ctx.viewer, before))) {
    reject('ROLE_EXCEEDS_CALLER', 'It has sent, with the role that it has, what the caller may not see: make another webhook.', ['id']);
  }
  return credential;
}
