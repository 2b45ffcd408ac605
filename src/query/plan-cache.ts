// Compiled plans, kept as long as the document they were compiled for. What else shapes a statement is in its key: what
// the role may see, the variables of @include and @skip, and what root fields say shapes theirs.
import type { CompiledRole } from '../auth/permissions.ts';
import { remembered } from '../lib/remembered.ts';
import type { Plan } from './compile.ts';
import { type Fragments, shapingVariables } from './selection.ts';

/** Plans of one document node: more than that many roles and shapes begin anew. */
const MOST_PER_NODE = 64;

/** The plan of a document's node under a key, compiled at the first time. */
export const cachedPlan = remembered<Plan>(MOST_PER_NODE);

const shaping = new WeakMap<object, string[]>();

/** The values of the variables that decide what is selected. */
export function selectionKey(operation: object, fragments: Fragments, variables: Record<string, unknown>): string {
  let names = shaping.get(operation);
  if (!names) {
    names = shapingVariables([operation, fragments]);
    shaping.set(operation, names);
  }
  let key = '';
  for (const name of names) key += variables[name] ? '1' : '0';
  return key;
}

const MOST_ROLES = 1000;
const numbers = new Map<string, number>();
const ofRole = new WeakMap<CompiledRole, number>();
let roles = 0;

/** A number that two roles share only if they say the same. */
export function roleNumber(role: CompiledRole): number {
  let number = ofRole.get(role);
  if (number === undefined) {
    const text = JSON.stringify([[...role.permissions].sort(), [...role.rowScope].sort(), [...role.hiddenFields].sort()]);
    number = numbers.get(text) ?? ++roles;
    if (numbers.size >= MOST_ROLES) numbers.clear();
    numbers.set(text, number);
    ofRole.set(role, number);
  }
  return number;
}

const nodeNumbers = new WeakMap<object, number>();
let nodes = 0;

/** A number of its own for each node of a document. */
export function nodeNumber(node: object): number {
  let number = nodeNumbers.get(node);
  if (number === undefined) {
    number = ++nodes;
    nodeNumbers.set(node, number);
  }
  return number;
}
