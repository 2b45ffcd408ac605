// A webhook, what was sent for it, and an answer to that.
import sql from 'sql-template-tag';
import type { Database } from '../../src/db/database.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { webhookCreate, webhookReplay, webhookTest } from '../../src/modules/webhooks/index.ts';
import type { Done } from './rich-workspace.ts';

/** Makes a webhook with a delivery, a repeated one, and an attempt, all of which hold the word. */
export async function webhookData(db: Database, done: Done, word: string): Promise<void> {
  buildSchema(); // documents are checked against it
  const webhook = await done(webhookCreate as never, {
    name: `${word} webhook`,
    url: `https://example.com/${encodeURIComponent(word)}`,
    document: 'subscription { events { ... on Event { type data } } }',
    ignoreOrigins: ['elsewhere'],
  });
  const delivery = await done(webhookTest as never, { id: encodeId('Webhook', webhook) });
  await done(webhookReplay as never, { delivery: encodeId('WebhookDelivery', delivery) });
  await db.execute(sql`update webhooks set problem_detail = ${word}, previous_secret = secret, previous_secret_until = now() where id = ${webhook}::uuid`);
  await db.execute(sql`update webhook_deliveries set last_error = ${word}, last_status_code = 500, event_id = gen_random_uuid() where webhook_id = ${webhook}::uuid`);
  await db.execute(sql`insert into webhook_attempts (workspace_id, id, delivery_id, number, started_at, duration_ms, status_code, error,
      request_headers, response_headers, response_body)
    select workspace_id, gen_random_uuid(), id, 1, now(), 3, 500, ${word}, jsonb_build_object('a', ${word}::text), jsonb_build_object('a', ${word}::text), ${word}
    from webhook_deliveries where webhook_id = ${webhook}::uuid`);
}
