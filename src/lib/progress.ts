export type ProgressOptions = {
  /** Receives one line at a time, without a line end. */
  log: (line: string) => void;
  /** Milliseconds of silence before the first line. */
  afterMs?: number;
  /** Milliseconds between the following lines. */
  everyMs?: number;
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * Waits for `promise` and gives its result. Prints nothing while it is quick; once it has taken longer than `afterMs`
 * (default 1000) prints `label …`, then the elapsed time every `everyMs` (default 3000), and a last line when it is
 * done or has failed. A rejection is passed on unchanged.
 */
export async function withProgress<T>(label: string, promise: Promise<T>, options: ProgressOptions): Promise<T> {
  const { log, afterMs = 1000, everyMs = 3000 } = options;
  const started = performance.now();
  const elapsed = () => seconds(performance.now() - started);
  let shown = false;
  let timer = setTimeout(function tick() {
    log(shown ? `${label} … ${elapsed()}` : `${label} …`);
    shown = true;
    timer = setTimeout(tick, everyMs);
  }, afterMs);
  try {
    const result = await promise;
    if (shown) log(`${label}: done in ${elapsed()}`);
    return result;
  } catch (error) {
    if (shown) log(`${label}: failed after ${elapsed()}`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
