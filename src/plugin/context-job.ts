// What schedules and HTTP routes begin with: no workspace yet, and no transaction.
import sql from 'sql-template-tag';
import { inWorkspace } from '../commands/system.ts';
import type { Database } from '../db/database.ts';
import { assertInTime } from './context-read.ts';
import { writeContext } from './context-write.ts';
import type { JobContext } from './contexts.ts';
import { assertFinished } from './emit.ts';
import type { LoadedPlugin } from './loaded.ts';
import { checkedTransaction } from './own-tables/inside.ts';
import { inPlace } from './places.ts';
import { originOf } from './plugin-viewer.ts';
import { currentLimit, within } from './timeouts.ts';

/** How long one transaction may take, however long its function may: it holds a connection, and what it has locked. */
const TRANSACTION_MS = 60_000;

export type JobOptions = {
  db: Database;
  /** That of the limit around it unless told. */
  signal?: AbortSignal;
  /** Whether its transactions wait for their place for as long as the function may take: where nobody waits for an answer. */
  patient?: boolean;
};

/** A context outside of any workspace. It ends with its signal: a transaction that is under way then is rolled back at once. */
export function jobContext(plugin: LoadedPlugin, { db, signal, patient = false }: JobOptions): JobContext {
  const limit = currentLimit();
  const until = signal ?? limit.signal;
  const transactionMs = Math.min(TRANSACTION_MS, limit.timeoutMs || TRANSACTION_MS);
  return {
    now: new Date(),
    log: plugin.log,
    signal: until,
    async workspaces() {
      assertInTime(plugin, until);
      return db.query<{ id: string; key: string }>(sql`select id, key from workspaces order by id`);
    },
    async inWorkspace(workspaceId, work) {
      assertInTime(plugin, until);
      return inPlace({ plugin, db, signal: until, patient }, () =>
        db.transaction((tx) =>
          within(
            transactionMs,
            async (signal) => {
              const inTime = checkedTransaction(tx, () => assertInTime(plugin, signal));
              const known = await inTime.query(sql`select from workspaces where id = ${workspaceId}::uuid`);
              if (known.length === 0) throw new Error(`${plugin.id}: there is no such workspace`);
              const result = await inWorkspace(
                inTime,
                workspaceId,
                async (ctx) => {
                  const given = await work(writeContext(plugin, ctx, { signal }));
                  await assertFinished(plugin, ctx);
                  return given;
                },
                { origin: originOf(plugin) },
              );
              // What comes too late is not committed.
              assertInTime(plugin, until);
              return result;
            },
            until,
          ),
        ),
      );
    },
  };
}
