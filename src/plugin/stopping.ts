// Tells plugins that the background work of this process stops, so that one which hangs does not hold it up.
import { defineService } from '../jobs/index.ts';

/** How long handlers may go on then with the event that they have. */
const GRACE_MS = 3_000;

const newSignals = () => ({ stop: new AbortController(), lastCall: new AbortController() });
let current = newSignals();

defineService({
  name: 'plugins',
  start() {
    // Work that began a moment before this has these signals already, so new ones are made at the end.
    const mine = current;
    return {
      wake() {},
      async stop() {
        if (current === mine) current = newSignals();
        mine.stop.abort();
        setTimeout(() => mine.lastCall.abort(), GRACE_MS).unref();
      },
    };
  },
});

/** Aborted when the background work of this process stops. Ask when the work begins. */
export function stopSignal(): AbortSignal {
  return current.stop.signal;
}

/** Aborted when that has stopped for a while: what is still under way then is given up. Ask when the work begins. */
export function lastCallSignal(): AbortSignal {
  return current.lastCall.signal;
}
