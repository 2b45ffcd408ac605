// A process of its own that sequences and follows the log: `events-process.ts <url> <workspace>`. Asked for a place, it
// answers once it has followed so far, with a digest of what it saw.
import { createHash } from 'node:crypto';
import { createEvents, type EventRow } from '../../src/events/index.ts';
import { openLogTest } from './events-support.ts';

const [url = '', workspaceId = ''] = process.argv.slice(2);
const world = openLogTest(url, workspaceId);
const events = createEvents(world.db, { log: world.log, ringSize: 500 });
events.start();

let seq = 0n;
let count = 0;
const digest = createHash('sha256');
let asked: bigint | null = null;

function answer(): void {
  if (asked === null || seq < asked) return;
  asked = null;
  process.send?.({ kind: 'report', seq: String(seq), count, digest: digest.copy().digest('hex'), complaints: world.complaints });
}

function take(event: EventRow): void {
  seq = event.seq;
  count++;
  digest.update(`${event.seq} ${event.id}\n`);
}

process.on('message', (message: { report?: string; stop?: boolean }) => {
  if (message.report) asked = BigInt(message.report);
  answer();
  if (message.stop)
    void events
      .stop()
      .then(() => world.db.close())
      .then(() => process.disconnect());
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready' });

for await (const step of events.hub.follow({ workspaceId, after: 0n })) {
  if (step.kind === 'events') step.events.forEach(take);
  answer();
}
