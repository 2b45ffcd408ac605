// How far a long command is: a bar on a terminal, a line every few seconds elsewhere; always on standard error.
import { SingleBar } from 'cli-progress';

export type ProgressSettings = {
  /** Bytes to read in all, for the share done and the time left; undefined where nobody knows. */
  totalBytes: number | undefined;
  /** What is counted: "rows". */
  unit: string;
  quiet?: boolean;
  stream?: NodeJS.WriteStream;
  everyMs?: number;
};
export type Progress = {
  /** Bytes read so far in this run, and those read by earlier runs, which say nothing about the speed of this one. */
  bytes: (done: number) => void;
  skip: (bytes: number) => void;
  rows: (count: number) => void;
  label: (text: string) => void;
  /** A remark that stays on the screen. */
  note: (text: string) => void;
  stop: () => void;
};

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** "0:07", "12:05", "3:00:00". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export type Figures = { doneBytes: number; skippedBytes: number; totalBytes: number | undefined; rows: number; seconds: number };

/** Share done (0 to 1), rows a second and seconds left, as far as they can be known. */
export function estimate({ doneBytes, skippedBytes, totalBytes, rows, seconds }: Figures): { share?: number; rate: number; left?: number } {
  const rate = seconds > 0 ? rows / seconds : 0;
  if (totalBytes === undefined) return { rate };
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const fresh = doneBytes - skippedBytes;
  return fresh > 0 && seconds > 0
    ? { share, rate, left: ((totalBytes - Math.min(doneBytes, totalBytes)) * seconds) / fresh }
    : { share, rate };
}

/** Starts showing progress; call `stop` in the end, whatever happens. */
export function startProgress({ totalBytes, unit, quiet = false, stream = process.stderr, everyMs = 5000 }: ProgressSettings): Progress {
  const started = Date.now();
  let doneBytes = 0;
  let skippedBytes = 0;
  let rows = 0;
  let label = '';
  const figures = () => estimate({ doneBytes, skippedBytes, totalBytes, rows, seconds: (Date.now() - started) / 1000 });
  const text = (): string => {
    const { share, rate, left } = figures();
    return [
      ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
      label,
      `${grouped(rows)} ${unit}`,
      `${grouped(rate)} ${unit}/s`,
      ...(left === undefined ? [] : [`${duration(left)} left`]),
    ]
      .filter(Boolean)
      .join(' · ');
  };

  const bar =
    !quiet && stream.isTTY
      ? new SingleBar({
          stream,
          format: totalBytes === undefined ? '{text}' : '{bar} {text}',
          hideCursor: true,
          clearOnComplete: true,
          fps: 5,
          barsize: 20,
          barCompleteChar: '#',
          barIncompleteChar: '.',
        })
      : undefined;
  const show = (): void => bar?.update(Math.floor((figures().share ?? 0) * 1000), { text: text() });
  bar?.start(1000, 0, { text: '' });
  const timer = quiet ? undefined : setInterval(() => (bar ? show() : stream.write(`${text()}\n`)), bar ? 250 : everyMs);
  timer?.unref();

  return {
    bytes: (done) => {
      doneBytes = done;
    },
    skip: (bytes) => {
      skippedBytes += bytes;
    },
    rows: (count) => {
      rows += count;
    },
    label: (next) => {
      label = next;
    },
    note: (remark) => {
      if (bar) stream.write('\r\u001b[K');
      stream.write(`${remark}\n`);
    },
    stop: () => {
      clearInterval(timer);
      bar?.stop();
    },
  };
}
