// What schedules and HTTP routes begin with: no workspace yet, and no transaction.
import sql from 'sql-template-tag';
import { inWorkspace } from '../commands/system.ts';
import type { Database } from '../db/database.ts';
import { assertInTime } from './context-read.ts';
import { writeContext } from './context-write.ts';
import type { JobContext } from './contexts.ts';
import type { LoadedPlugin } from './loaded.ts';
import { assertIntact } from './own-tables/inside.ts';
import { originOf } from './plugin-viewer.ts';
import { currentLimit } from './timeouts.ts';

/** A context outside of any workspace. It ends with its signal. */
export function jobContext(plugin: LoadedPlugin, { db, signal }: { db: Database; signal?: AbortSignal }): JobContext {
  const until = signal ?? currentLimit().signal;
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
      return db.transaction(async (tx) => {
        const known = await tx.query(sql`select from workspaces where id = ${workspaceId}::uuid`);
        if (known.length === 0) throw new Error(`${plugin.id}: there is no such workspace`);
        const { result, ended } = await inWorkspace(
          tx,
          workspaceId,
          async (ctx) => {
            const done = new AbortController();
            const result = await work(writeContext(plugin, ctx, { signal: AbortSignal.any([until, done.signal]) }));
            assertIntact(tx);
            return { result, ended: () => done.abort() };
          },
          { origin: originOf(plugin) },
        );
        ended();
        // What comes too late is not committed.
        assertInTime(plugin, until);
        return result;
      });
    },
  };
}
