// What has to be done now and then, by any process: forgetting idempotency keys after their 24 hours.
import { forgetOldKeys } from '../commands/idempotency.ts';
import type { Database } from '../db/database.ts';

const EVERY_MS = 10 * 60_000;

export type HousekeepingLog = { warn(fields: object, message: string): void };

/** Tidies at once and every ten minutes. A failure is logged and tried again the next time. */
export function startHousekeeping(
  db: Database,
  { log, everyMs = EVERY_MS }: { log: HousekeepingLog; everyMs?: number },
): { stop(): Promise<void> } {
  let running = Promise.resolve();
  const tidy = () => {
    running = forgetOldKeys(db).then(
      () => undefined,
      (error: unknown) => log.warn({ err: error }, 'old idempotency keys could not be forgotten'),
    );
  };
  tidy();
  const timer = setInterval(tidy, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
