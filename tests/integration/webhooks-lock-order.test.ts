// Whatever changes several deliveries at once locks them in one order, so that none of them waits in a circle.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandContext } from '../../src/commands/command.ts';
import type { Database, Transaction } from '../../src/db/database.ts';
import { decodeTypeId, newId } from '../../src/lib/typeid.ts';
import type { Attempt } from '../../src/modules/webhooks/deliver/attempt.ts';
import { createOutcomes } from '../../src/modules/webhooks/deliver/outcomes.ts';
import type { Pending } from '../../src/modules/webhooks/deliver/queue.ts';
import { eraseDeliveriesOf } from '../../src/modules/webhooks/erase.ts';
import { dropPending } from '../../src/modules/webhooks/target.ts';
import { done } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let webhookId: string;
let subjects: string[];
beforeAll(async () => {
  server = await startTestServer({ poolSize: 10 });
  const input = { name: 'Ordered', url: 'https://hooks.example.com/', document: 'subscription { customerCreated { id } }' };
  const { webhook } = await done(server, 'webhookCreate', input, 'webhook { id }');
  webhookId = decodeTypeId(webhook.id)!.uuid;
});
afterAll(() => server?.stop());

/** Deliveries that wait, each of a subject of its own: indexes that lead by subjects find the highest ids first. */
async function waiting(): Promise<string[]> {
  subjects = [...Array(400)].map(() => newId()).sort();
  const ids = subjects.map(() => newId()).sort();
  await server.db.execute(sql`insert into webhook_deliveries
    (workspace_id, id, webhook_id, kind, message_id, event_type, subject_key, body, next_attempt_at)
    select ${server.workspaceId}::uuid, n.id, ${webhookId}::uuid, 'TEST', n.id::text, 'webhook.test', n.subject, '{}', now()
    from unnest(${ids.toReversed()}::uuid[], ${subjects}::uuid[]) as n (id, subject)`);
  return ids;
}

const attempt: Attempt = {
  startedAt: new Date(),
  durationMs: 1,
  statusCode: 204,
  error: null,
  requestHeaders: {},
  responseHeaders: {},
  responseBody: '',
} as Attempt;

const complaints: string[] = [];
const complain = (fields: object) => void complaints.push(JSON.stringify(fields));
/** Without the tries again that a database makes of deadlocks. */
const inTransaction = (work: (tx: Transaction) => Promise<void>) => (db: Database) =>
  db.transaction((tx) =>
    work(tx).catch((error) => {
      complain({ reason: error.code });
      throw error;
    }),
  );
const changes: Record<string, (db: Database, ids: string[]) => Promise<void>> = {
  async outcomes(db, ids) {
    const outcomes = createOutcomes(db, { info() {}, warn: complain, error: complain });
    for (const id of ids) {
      const item = { id, workspaceId: server.workspaceId, attempts: 0 } as Pending;
      outcomes.add({ item, attempt, status: 'DELIVERED', nextAttemptAt: null, written() {} });
    }
    await outcomes.stop();
  },
  skipping: inTransaction((tx) =>
    dropPending({ tx, workspaceId: server.workspaceId, now: new Date() } as CommandContext, webhookId, 'SKIPPED'),
  ),
  erasing: inTransaction((tx) => eraseDeliveriesOf(tx, server.workspaceId, subjects[0]!, { subjects: subjects.slice(1) })),
};

test.each([
  ['outcomes', 'skipping'],
  ['outcomes', 'erasing'],
  ['skipping', 'erasing'],
])('%s and %s at once never wait for each other in a circle', async (one, other) => {
  for (let round = 0; round < 10; round++) {
    const ids = await waiting();
    await Promise.all([changes[one]!(server.db, ids), changes[other]!(server.db, ids)]);
  }
  expect(complaints).toEqual([]);
  expect(await server.db.query(sql`select 1 from webhook_deliveries where status = 'PENDING'`)).toEqual([]);
});
