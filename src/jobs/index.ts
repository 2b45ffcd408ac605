// Work in the background: handlers of events, schedules, and what runs them.
export { isPassing } from './failures.ts';
export { defineEventHandler, type EventHandler } from './handlers.ts';
export { markLongWork } from './long-work.ts';
export { defineSchedule, type Schedule } from './schedules.ts';
export { defineService, type Running, type Service } from './services.ts';
export { startJobs } from './start.ts';
export { allWorkers, defineWorker, drainWorkers, type Left, type Worker } from './workers.ts';
