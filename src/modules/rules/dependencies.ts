// What a rule looks at: which events can change its outcome, and for whom.
import type { JsonObject } from '../../db/models.ts';
import { childrenOf } from './shape.ts';
import { aggregateSources } from './sources.ts';
import type { FactFamily, RuleDependencies, StoredRule } from './types.ts';

const FAMILIES: Record<string, FactFamily> = {
  field: 'customer',
  attribute: 'customer',
  identity: 'identity',
  preference: 'knowledge',
  need: 'knowledge',
  relationship: 'relationship',
  stage: 'stage',
  segment: 'segment',
};

/** What may change the outcome of a rule. */
export function dependenciesOf(rule: StoredRule): RuleDependencies {
  const families = new Set<FactFamily>();
  const kinds = new Set<string>();
  const segments = new Set<string>();
  let anyKind = false;
  let hops = 0;
  const look = (node: JsonObject, away: number): void => {
    const [branch, given] = Object.entries(node)[0]! as [string, JsonObject];
    const family = FAMILIES[branch] ?? aggregateSources[branch]?.family;
    if (family) families.add(family);
    const distance = branch === 'relationship' ? away + 1 : away;
    hops = Math.max(hops, distance);
    if (branch === 'segment') for (const id of (given.in ?? given.notIn) as string[]) segments.add(id);
    if (branch === 'interactions') {
      const only = (given.where as JsonObject | undefined)?.kinds as string[] | undefined;
      if (only) for (const id of only) kinds.add(id);
      else anyKind = true;
    }
    for (const child of childrenOf(node)) look(child.rule as JsonObject, distance);
  };
  look(rule, 0);
  return { families, interactionKinds: anyKind ? null : kinds, segments, hops };
}
