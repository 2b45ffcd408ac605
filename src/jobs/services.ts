// Work that lives longer than a call: it keeps things under way, as requests that wait for answers. Like a worker it
// runs in one process at a time; the next process may start while this one stops.
import type { Database } from '../db/database.ts';
import type { EventsLog } from '../events/index.ts';

export type Running = {
  /** Called whenever events were written. */
  wake(): void;
  /** Ends it; resolves once nothing of it is under way. */
  stop(): Promise<void>;
};

export type Service = {
  name: string;
  /** Starts it. It outlives errors by itself until it is stopped. */
  start(db: Database, options: { log: EventsLog }): Running;
};

const services = new Map<string, Service>();

/** Registers a service. Modules call it when they are loaded. */
export function defineService(service: Service): void {
  if (services.has(service.name)) throw new Error(`the service ${service.name} is defined twice`);
  services.set(service.name, service);
}

/** All services, in the order of their definition. */
export function allServices(): Service[] {
  return [...services.values()];
}
