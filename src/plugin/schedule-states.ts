// How the schedules of plugins fared in this process.
import type { LoadedPlugin } from './loaded.ts';

export type ScheduleState = {
  plugin: string;
  schedule: string;
  runs: number;
  failures: number;
  lastRunAt: Date | null;
  lastFailedAt: Date | null;
  /** What of the last failure may be told: its kind, never what it said. */
  lastFailure: string | null;
};

const states = new Map<string, ScheduleState>();

/** Notes that there is such a schedule; what it gives is changed as it runs. */
export function scheduleState({ id }: Pick<LoadedPlugin, 'id'>, schedule: string): ScheduleState {
  const key = `${id} ${schedule}`;
  const known = states.get(key);
  if (known) return known;
  const state = { plugin: id, schedule, runs: 0, failures: 0, lastRunAt: null, lastFailedAt: null, lastFailure: null };
  states.set(key, state);
  return state;
}

/** Notes how a run ended: `failure` is null, or its kind. */
export function noteRun(state: ScheduleState, failure: string | null): void {
  state.runs += 1;
  state.lastRunAt = new Date();
  if (failure === null) return;
  state.failures += 1;
  state.lastFailedAt = state.lastRunAt;
  state.lastFailure = failure;
}

export function scheduleStates(): ScheduleState[] {
  return [...states.values()];
}
