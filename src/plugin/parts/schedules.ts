// The capability `schedules`: work at intervals. A run that fails is tried again by whoever runs the workers.
import { defineSchedule } from '../../jobs/index.ts';
import { jobContext } from '../context.ts';
import type { SchedulesHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { assertPartName } from '../part-name.ts';
import { noteRun, scheduleState } from '../schedule-states.ts';
import { stopSignal } from '../stopping.ts';
import { causeOf, logFailure, within } from '../timeouts.ts';

const TIMEOUT_MS = 10 * 60_000;

export const schedulesPart: PartMaker<SchedulesHost> = (plugin) => ({
  every(name, everySeconds, run) {
    assertPartName('schedule', name);
    if (typeof run !== 'function') throw new Error(`the schedule ${name} needs a function that runs`);
    if (!(everySeconds >= 1)) throw new Error(`the schedule ${name} must rest at least a second`);
    plugin.added.push({ kind: 'SCHEDULE', name });
    const state = scheduleState(plugin, name);
    defineSchedule({
      name: `plugin.${plugin.id}.schedule.${name}`,
      everyMs: everySeconds * 1_000,
      async run(db) {
        try {
          await within(TIMEOUT_MS, (signal) => run(jobContext(plugin, { db, signal, patient: true })), stopSignal());
          noteRun(state, null);
        } catch (error) {
          noteRun(state, causeOf(error).reason);
          logFailure(plugin.log, { plugin: plugin.id, place: `schedule ${name}`, schedule: name }, error, 'a schedule of a plugin failed');
          throw error;
        }
      },
    });
  },
});
