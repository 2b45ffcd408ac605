// Whether a viewer may have a rule judged for them: a rule about what the role hides would tell it by its outcome.
import { hasPermission, isHidden } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { apiError } from '../../graphql/errors.ts';
import type { StoredRule } from './types.ts';

type Node = { [name: string]: unknown };

/** Throws FORBIDDEN where the rule looks at something that the role does not show. */
export function requireRuleVisible(viewer: Viewer, rule: StoredRule): void {
  requireRead(viewer, 'customers');
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
const looksAt: Record<string, { subject: string; type: string }> = {
  relationship: { subject: 'relationships', type: 'Relationship' },
  segment: { subject: 'segments', type: 'SegmentMembership' },
  interactions: { subject: 'interactions', type: 'Interaction' },
  opportunities: { subject: 'opportunities', type: 'Opportunity' },
};

function requireRead(viewer: Viewer, subject: string): void {
  if (!hasPermission(viewer.role, `${subject}:read`)) throw apiError('FORBIDDEN', `The role lacks the permission ${subject}:read.`);
}

function requireVisible(viewer: Viewer, type: string, field: string): void {
  if (isHidden(viewer.role, type, field)) throw apiError('FORBIDDEN', `The role hides ${type}.${field}: no rule can ask for it.`);
}

function requireLeaf(viewer: Viewer, branch: string, value: Node): void {
  if (branch === 'field') for (const name of Object.keys(value)) requireVisible(viewer, 'Customer', name);
  if (shownBy[branch]) requireVisible(viewer, 'Customer', shownBy[branch]);
  if (branch === 'stage' && value.since != null) requireVisible(viewer, 'Customer', 'stageSince');
  const other = looksAt[branch];
  if (other) requireRead(viewer, other.subject);
  if (branch === 'interactions' || branch === 'opportunities') requireMeasure(viewer, other!.type, value);
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

function requireMeasure(viewer: Viewer, type: string, { where, sum, average, distinct, ...rest }: Node): void {
  for (const name of Object.keys((where as Node | undefined) ?? {})) requireVisible(viewer, type, fieldsOf[name] ?? name);
  for (const part of [sum, average, distinct] as ({ of?: string } | undefined)[]) {
    const field = part?.of && measured[part.of];
    if (field) requireVisible(viewer, type, field);
  }
  const timed = ['within', 'from', 'to', 'last', 'first'].some((name) => rest[name] != null);
  if (timed) for (const name of type === 'Interaction' ? ['occurredAt'] : ['openedAt', 'closedAt']) requireVisible(viewer, type, name);
}
