import { EXIT } from './failure.ts';

/** How soon a second signal counts as the same: npm passes on what the terminal has sent to the whole group already. */
const SAME_SIGNAL_MS = 500;

/** Turns the first Ctrl-C or SIGTERM into an abort after which the command ends in good order; a second one ends it at once. */
export function interruption(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
      return;
    }
    first = performance.now();
    process.stderr.write('\nfinishing what is under way; once more to stop at once\n');
    controller.abort();
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
