// A workspace on a database of its own, for tests of commands without a server.

import { systemViewer } from '../../src/auth/system-viewer.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { type Command, type CommandOutcome, runCommand } from '../../src/commands/command.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { newId } from '../../src/lib/typeid.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { createTestDatabase } from './database.ts';

export type TestDomain = {
  db: Database;
  workspaceId: string;
  viewer: Viewer;
  /** Runs a command as the system, or as another viewer. */
  run<Input, Result>(command: Command<Input, Result>, input: unknown, as?: Viewer): Promise<CommandOutcome<Result>>;
  /** Runs a command that must succeed. */
  done<Input, Result>(command: Command<Input, Result>, input: unknown): Promise<Result>;
  stop(): Promise<void>;
};

/** A database with one workspace and the default vocabularies. */
export async function createTestDomain(options: { connections?: number } = {}): Promise<TestDomain> {
  const server = await createTestDatabase();
  const db = openDatabase(server.url, { max: options.connections ?? 10 });
  const { workspaceId } = await createWorkspace(db, { key: 'test', name: 'Test' });
  const viewer = systemViewer(workspaceId);
  const run: TestDomain['run'] = (command, input, as = viewer) => runCommand({ db, viewer: as, requestId: newId() }, command, input);
  return {
    db,
    workspaceId,
    viewer,
    run,
    async done(command, input) {
      const outcome = await run(command, input);
      if (outcome.result === null) throw new Error(JSON.stringify(outcome.userErrors));
      return outcome.result;
    },
    async stop() {
      await db.close();
      await server.drop();
    },
  };
}
