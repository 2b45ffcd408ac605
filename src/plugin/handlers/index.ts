// Durable handlers of events.
export type { Handler } from './handler.ts';
export { HANDLE_MS, PAUSES_MS, placeOf } from './handler.ts';
export { handlerTurn, type WorkerOptions } from './worker.ts';
