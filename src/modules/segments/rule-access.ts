// Whether a viewer may have a rule judged for them: a rule about what the role hides would tell it by its outcome.
import type { Viewer } from '../../auth/viewer.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireVisible } from '../../query/filter.ts';
import { requireRead } from '../../query/policy.ts';
import type { StoredRule } from '../rules/index.ts';

type Node = { [name: string]: unknown };

/** Throws FORBIDDEN where the rule looks at something that the role does not show. */
export function requireRuleVisible(viewer: Viewer, rule: StoredRule): void {
  requireRead(viewer, entityNamed('Customer'));
  requireNode(viewer, rule as Node);
}

function requireNode(viewer: Viewer, node: Node): void {
  for (const [branch, value] of Object.entries(node)) {
    if (value == null) continue;
    if (branch === 'all' || branch === 'any') for (const child of value as Node[]) requireNode(viewer, child);
    else if (branch === 'not') requireNode(viewer, value as Node);
    else requireLeaf(viewer, branch, value as Node);
  }
}

const shownBy: Record<string, string> = {
  attribute: 'attributes',
  identity: 'identities',
  preference: 'preferences',
  need: 'needs',
  relationship: 'relationships',
  stage: 'stage',
  segment: 'segments',
  interactions: 'interactions',
  opportunities: 'opportunities',
};
const looksAt: Record<string, string> = {
  relationship: 'Relationship',
  segment: 'SegmentMembership',
  interactions: 'Interaction',
  opportunities: 'Opportunity',
};

function requireLeaf(viewer: Viewer, branch: string, value: Node): void {
  const customer = entityNamed('Customer');
  if (branch === 'field') for (const name of Object.keys(value)) requireVisible(viewer, customer, name);
  if (shownBy[branch]) requireVisible(viewer, customer, shownBy[branch]);
  if (branch === 'stage' && value.since != null) requireVisible(viewer, customer, 'stageSince');
  if (looksAt[branch]) requireRead(viewer, entityNamed(looksAt[branch]));
  if (branch === 'interactions' || branch === 'opportunities') requireMeasure(viewer, looksAt[branch]!, value);
  if (branch === 'relationship' && value.other) requireNode(viewer, value.other as Node);
}

const fieldsOf: Record<string, string> = {
  kinds: 'kind',
  channels: 'channel',
  touchPoints: 'touchPoint',
  users: 'user',
  outcomes: 'outcome',
  pipelines: 'pipeline',
  products: 'lines',
  closeReasons: 'closeReason',
  sources: 'source',
  owners: 'owner',
};
const measured: Record<string, string> = {
  VALUE: 'value',
  COST: 'cost',
  DURATION: 'duration',
  CHANNEL: 'channel',
  KIND: 'kind',
  TOUCH_POINT: 'touchPoint',
  PRODUCT: 'lines',
  PIPELINE: 'pipeline',
};

function requireMeasure(viewer: Viewer, model: string, { where, sum, average, distinct, ...rest }: Node): void {
  const entity = entityNamed(model);
  for (const name of Object.keys((where as Node | undefined) ?? {})) requireVisible(viewer, entity, fieldsOf[name] ?? name);
  for (const part of [sum, average, distinct] as ({ of?: string } | undefined)[]) {
    const field = part?.of && measured[part.of];
    if (field) requireVisible(viewer, entity, field);
  }
  const timed = ['within', 'from', 'to', 'last', 'first'].some((name) => rest[name] != null);
  if (timed) for (const name of model === 'Interaction' ? ['occurredAt'] : ['openedAt', 'closedAt']) requireVisible(viewer, entity, name);
}
