// One measured run of requests against one server: what the server, the database and the clock say.
import { readdirSync, readFileSync } from 'node:fs';
import type { Load, Loaded, startLoad } from './load.ts';
import type { MeasuredServer } from './server.ts';

export type Figures = {
  /** Processor time of the server process for each request, in milliseconds. */
  cpu: number;
  /** The same of all processes of the database; NaN where the system does not tell. To 10 ms over the run. */
  databaseCpu: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
};

export type Measured = Figures & { first: string };
export type Generator = ReturnType<typeof startLoad>;

/** Before every run, unmeasured: pools close connections that idle while other servers are asked, and open them again. */
const RUN_UP = 40;

/** Runs a load and reads the processor times around it. */
export async function measure(generator: Generator, server: MeasuredServer, databasePid: number, load: Load): Promise<Measured> {
  await generator.run({ ...load, count: Math.min(RUN_UP, load.count) });
  const [before, databaseBefore] = [await server.cpu(), databaseCpu(databasePid)];
  const { seconds, p50, first }: Loaded = await generator.run(load);
  const [after, databaseAfter] = [await server.cpu(), databaseCpu(databasePid)];
  return {
    cpu: (after - before) / load.count,
    databaseCpu: (databaseAfter - databaseBefore) / load.count,
    perSecond: load.count / seconds,
    p50,
    first,
  };
}

const TICK_MS = 10;

/** Processor time of a database server and its children so far, in milliseconds; NaN without /proc. */
function databaseCpu(pid: number): number {
  let processes: string[];
  try {
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return Number.NaN;
  }
  let ticks = 0;
  for (const name of processes) {
    const { parent, own, ofEnded } = ticksOf(name);
    if (Number(name) === pid) ticks += own + ofEnded;
    else if (parent === pid) ticks += own;
  }
  return ticks * TICK_MS;
}

/** Ticks of a process, and of its children that have ended: a pool closes connections that it does not need. */
function ticksOf(pid: string): { parent: number; own: number; ofEnded: number } {
  try {
    // The name stands in brackets and may hold anything: count from after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    return { parent: fields[1]!, own: fields[11]! + fields[12]!, ofEnded: fields[13]! + fields[14]! };
  } catch {
    return { parent: 0, own: 0, ofEnded: 0 };
  }
}
