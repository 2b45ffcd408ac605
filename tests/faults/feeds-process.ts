// A process of its own that serves the API and writes when told: `feeds-process.ts <url> <workspace>`.
import { createAuthenticator } from '../../src/auth/authenticate.ts';
import { createEvents } from '../../src/events/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer } from '../../src/server/server.ts';
import { changeCustomer, openLogTest, RolledBack } from './events-support.ts';

const [url = '', workspaceId = ''] = process.argv.slice(2);
const world = openLogTest(url, workspaceId);
const log = createLogger('silent', { write: () => {} });
// A small ring, so that whoever resumes far behind reads the table.
const events = createEvents(world.db, { log: world.log, ringSize: 1_000 });
const { authenticate } = createAuthenticator(world.db);
const server = await createServer({ schema: buildSchema(), db: world.db, hub: events.hub, authenticate, log });
events.start();
const { port } = await server.listen('127.0.0.1', 0);

/** Changes random customers, one to eight events at a time, until that many events were written or rolled back. */
async function write(customers: string[], writers: number, count: number): Promise<void> {
  let left = count;
  const pause = async () => {
    if (Math.random() < 0.01) throw new RolledBack();
  };
  const writing = async () => {
    while (left > 0) {
      const size = 1 + Math.floor(Math.random() * 8);
      left -= size;
      await changeCustomer(world, customers[Math.floor(Math.random() * customers.length)]!, { events: size, pause });
    }
  };
  await Promise.all(Array.from({ length: writers }, writing));
}

process.on('message', (told: { customers: string[]; writers: number; events: number }) => {
  void write(told.customers, told.writers, told.events).then(() => process.send?.({ kind: 'written' }));
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready', port });
