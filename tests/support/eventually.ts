// Waiting for what happens by itself. vitest's own limit of one second is too short for a busy machine; a test that waits
// in vain is red anyway, so the limit is generous.
import { vi } from 'vitest';

export type Patience = { timeout?: number; interval?: number };

const PATIENCE = { timeout: 20_000, interval: 5 };

/** Looks again until looking no longer throws; answers what it saw, or throws what the last look threw. */
export function eventually<T>(look: () => T | Promise<T>, patience: Patience = {}): Promise<T> {
  return vi.waitFor(look, { ...PATIENCE, ...patience });
}

/** Asks again until the answer is truthy, and gives it; `what` says in words what is waited for. A question that throws ends it. */
export function until<T>(condition: () => T | Promise<T>, what?: string, patience: Patience = {}) {
  return vi.waitUntil(condition, { ...PATIENCE, ...patience, ...(what && { message: `waited in vain until ${what}` }) });
}
