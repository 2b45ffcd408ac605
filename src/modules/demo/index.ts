// A workspace that looks like a real company, for the first start.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Database } from '../../db/database.ts';
import { allOrNothing } from './all-or-nothing.ts';
import { buildDemo } from './build.ts';
import { writeDemo } from './seed.ts';

export type SeedOptions = {
  /** Takes a line for people when something was written. */
  log?: (line: string) => void;
  /** The year before this moment's UTC day is told; now unless told. */
  now?: Date;
};

/** What was written: zeros when the workspace was not empty. */
export type Seeded = { customers: number; interactions: number };

/**
 * Fills a workspace in which there are no teams, users and customers yet with a year of Fellwheel, a shop for outdoor
 * gear and bicycles; changes nothing in any other, so it may be called at every start. All or nothing: after a crash in
 * the middle the next call finds the workspace empty and does it again. Of several processes one does it and the others
 * wait. The viewer needs to be allowed everything.
 */
export async function seedDemo(db: Database, viewer: Viewer, { log, now = new Date() }: SeedOptions = {}): Promise<Seeded> {
  const seeded = await allOrNothing(db, async (inner) => {
    await inner.query(sql`select pg_advisory_xact_lock(hashtextextended(${`demo:${viewer.workspaceId}`}, 0))`);
    if (!(await isEmpty(inner, viewer.workspaceId))) return { customers: 0, interactions: 0 };
    const demo = buildDemo(now);
    await writeDemo({ db: inner, viewer }, demo);
    return { customers: demo.customers.length, interactions: demo.interactions.length };
  });
  if (seeded.customers > 0)
    log?.(`made the demo company Fellwheel: ${seeded.customers} customers, ${seeded.interactions} interactions over a year`);
  return seeded;
}

async function isEmpty(db: Database, workspaceId: string): Promise<boolean> {
  const rows = await db.query(sql`select from teams where workspace_id = ${workspaceId}::uuid
    union all select from users where workspace_id = ${workspaceId}::uuid
    union all select from customers where workspace_id = ${workspaceId}::uuid limit 1`);
  return rows.length === 0;
}
