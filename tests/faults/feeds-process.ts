// A process of its own that serves the API and writes when told: `feeds-process.ts <url> <workspace>`.
import { createAuthenticator } from '../../src/auth/authenticate.ts';
import { createEvents } from '../../src/events/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer } from '../../src/server/server.ts';
import { openLogTest, runWriters } from './events-support.ts';

const [url = '', workspaceId = ''] = process.argv.slice(2);
const world = openLogTest(url, workspaceId);
const log = createLogger('silent', { write: () => {} });
// A small ring, so that whoever resumes far behind reads the table.
const events = createEvents(world.db, { log: world.log, ringSize: 1_000 });
const { authenticate } = createAuthenticator(world.db);
const server = await createServer({ schema: buildSchema(), db: world.db, hub: events.hub, authenticate, log });
events.start();
const { port } = await server.listen('127.0.0.1', 0);

process.on('message', (told: { write: { customers: string[]; writers: number; changes: number; pauseMs: number } }) => {
  void runWriters(world, told.write).then(() => process.send?.({ kind: 'written' }));
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready', port });
