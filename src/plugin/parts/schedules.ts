// The capability `schedules`: work at intervals. A run that fails is tried again by whoever runs the workers.
import type { Database } from '../../db/database.ts';
import { defineSchedule } from '../../jobs/index.ts';
import { jobContext } from '../context.ts';
import type { SchedulesHost } from '../host.ts';
import type { LoadedPlugin, PartMaker } from '../loaded.ts';
import { assertPartName } from '../part-name.ts';
import { noteRun, scheduleState } from '../schedule-states.ts';
import { stopSignal } from '../stopping.ts';
import { causeOf, logFailure, within } from '../timeouts.ts';

const TIMEOUT_MS = 10 * 60_000;
/** A year. */
const MOST_SECONDS = 366 * 86_400;

type Run = (db: Database) => Promise<void>;
const runs = new WeakMap<LoadedPlugin, Run[]>();

/** What the schedules of a plugin do when they are due, in the order of their definition: for tests. */
export function scheduledRuns(plugin: LoadedPlugin): readonly Run[] {
  return runs.get(plugin) ?? [];
}

export const schedulesPart: PartMaker<SchedulesHost> = (plugin) => ({
  every(name, everySeconds, run) {
    assertPartName('schedule', name);
    if (typeof run !== 'function') throw new Error(`the schedule ${name} needs a function that runs`);
    // A moment that is none would be due at once, for ever.
    if (!Number.isFinite(everySeconds) || everySeconds < 1 || everySeconds > MOST_SECONDS)
      throw new Error(`the schedule ${name} must rest from 1 to ${MOST_SECONDS} seconds`);
    plugin.added.push({ kind: 'SCHEDULE', name });
    const state = scheduleState(plugin, name);
    const runDue: Run = async (db) => {
      try {
        await within(TIMEOUT_MS, (signal) => run(jobContext(plugin, { db, signal, patient: true })), stopSignal());
        noteRun(state, null);
      } catch (error) {
        noteRun(state, causeOf(error).reason);
        logFailure(plugin.log, { plugin: plugin.id, place: `schedule ${name}`, schedule: name }, error, 'a schedule of a plugin failed');
        throw error;
      }
    };
    defineSchedule({ name: `plugin.${plugin.id}.schedule.${name}`, everyMs: everySeconds * 1_000, run: runDue });
    runs.set(plugin, [...scheduledRuns(plugin), runDue]);
  },
});
