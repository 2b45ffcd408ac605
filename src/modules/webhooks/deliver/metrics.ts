// Figures of the delivery for Prometheus. They belong to the process, since it is the process that delivers.
import { Counter, Gauge, Histogram, type Metric } from 'prom-client';
import type { WebhookDeliveryStatus } from '../../../db/models.ts';

const attempts = new Counter({
  name: 'trato_webhook_attempts_total',
  help: 'Attempts to deliver to webhooks, by outcome: delivered, retried (it is tried again) and failed (it was given up).',
  labelNames: ['outcome'],
  registers: [],
});
const durations = new Histogram({
  name: 'trato_webhook_attempt_seconds',
  help: 'How long receivers of webhooks took to answer.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  registers: [],
});

let readPending = () => 0;
const pending = new Gauge({
  name: 'trato_webhook_pending',
  help: 'Deliveries that wait in this process, for their turn or to be sent again.',
  registers: [],
  collect() {
    this.set(readPending());
  },
});

const outcomeOf = { DELIVERED: attempts.labels('delivered'), PENDING: attempts.labels('retried'), FAILED: attempts.labels('failed') };

/** Counts an attempt by what its delivery became. */
export function noteAttempt(status: WebhookDeliveryStatus, seconds: number): void {
  outcomeOf[status].inc();
  durations.observe(seconds);
}

/** Tells where to read the number of deliveries that wait. */
export function watchPending(read: () => number): void {
  readPending = read;
}

/** To be registered with the metrics of a server. */
export const webhookMetrics: readonly Metric[] = [attempts, durations, pending];
