// Charges an operation before it runs, the same over HTTP and over sockets, and gives back what it did not need.
import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { type Cost, costOf, SUBSCRIPTION_COST } from '../../graphql/cost.ts';
import { apiError } from '../../graphql/errors.ts';
import type { Limits } from '../../graphql/limits.ts';
import { RawData } from '../raw-data.ts';
import type { Account } from './account.ts';

/** What an answer tells of its cost in `extensions.cost`. */
export type CostReport = { requested: number; actual: number; remaining: number; restoreRate: number };
/** An operation that may run. */
export type Charge = { cost: Cost; account: Account };

/** The cost of an operation for these variables, as they were sent. */
export function costOfOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): Cost {
  return costOf(schema, operation, fragmentsOf(document))(variables ?? {});
}

/** Looks a fragment up when asked: a known operation never asks. */
const fragmentsOf = (document: DocumentNode) => (name: string) => {
  for (const part of document.definitions) if (part.kind === Kind.FRAGMENT_DEFINITION && part.name.value === name) return part;
  return undefined;
};

/**
 * Takes what an operation may cost at most; a subscription pays once, and none may ask for answers beyond the maximum.
 * Throws COST_EXCEEDED for one that is too large whatever is left, RATE_LIMITED where not enough is left now.
 */
export async function charge(account: Account, limits: Limits, type: string, cost: Cost): Promise<Charge> {
  const maximum = Math.min(limits.costMaximum, account.capacity);
  if (cost.requested > maximum) {
    throw apiError('COST_EXCEEDED', `The operation may cost ${cost.requested} points, more than the ${maximum} of one request.`, {
      limit: 'costMaximum',
      value: cost.requested,
      maximum,
    });
  }
  const due = type === 'subscription' ? { requested: Math.min(SUBSCRIPTION_COST, maximum), work: 0 } : cost;
  const taking = account.take(due.requested);
  const taken = taking instanceof Promise ? await taking : taking;
  if (taken === true) return { cost: due, account };
  const { remaining, retryAfter } = taken;
  throw apiError('RATE_LIMITED', `The budget has ${remaining} points left, and the operation may cost ${due.requested}.`, {
    limit: 'cost',
    value: due.requested,
    maximum: remaining,
    retryAfter,
  });
}

/** Gives back what the answer did not need, and tells of the cost. */
export function settle({ cost, account }: Charge, data: unknown): CostReport {
  const actual = Math.min(cost.requested, Math.max(1, cost.work + objectsIn(data)));
  if (actual < cost.requested) account.refund(cost.requested - actual);
  return report(cost.requested, actual, account);
}

/** What an answer tells of the cost of an operation that did not run. */
export function report(requested: number, actual: number, account: Account): CostReport {
  return { requested, actual, remaining: account.remaining(), restoreRate: account.restore };
}

const [UNDERSCORE, LETTER_A, LETTER_Z] = [95, 97, 122];

/** How many objects an answer holds, itself included; objects in JSON values count as well, up to what was requested. */
export function objectsIn(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  return data instanceof RawData ? objectsInText(data.text) : count(data);
}

function count(value: object): number {
  let sum = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) sum += count(item);
    return sum;
  }
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name];
    if (typeof part === 'object' && part !== null) sum += count(part);
  }
  return sum + 1;
}

/** An object begins with a brace, a quote and the first letter of a name; what ends a text that ends with a brace is no letter. */
function objectsInText(text: string): number {
  let sum = 0;
  for (let at = text.indexOf('{"'); at !== -1; at = text.indexOf('{"', at + 2)) {
    const code = text.charCodeAt(at + 2);
    if (code === UNDERSCORE || ((code | 32) >= LETTER_A && (code | 32) <= LETTER_Z)) sum++;
  }
  return sum;
}
