// What other modules may use of the lifecycle.
export { emitStageChanged, recordStageEntry, type StageEntry } from './stage-entries.ts';
