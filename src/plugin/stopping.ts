// Tells plugins that the background work of this process stops, so that one which hangs does not hold it up.
import { defineService } from '../jobs/index.ts';

let current = new AbortController();

defineService({
  name: 'plugins',
  start() {
    const mine = new AbortController();
    current = mine;
    return { wake() {}, stop: async () => mine.abort() };
  },
});

/** Aborted when the background work of this process stops. */
export function stopSignal(): AbortSignal {
  return current.signal;
}
