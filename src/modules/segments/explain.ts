// Why a customer is in a segment, or is not: each part of the rule with what decided it.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { hidesColumn, requireRead, rowPolicy } from '../../query/policy.ts';
import { explainRule, type RuleExplanation, requireRuleVisible, type StoredRule } from '../rules/index.ts';
import { activeSegments } from './units.ts';

type ExplainedNode = RuleExplanation['nodes'][number];

export type SegmentExplanation = {
  customerId: string;
  segmentId: string;
  member: boolean;
  /** What the rule says at this moment; null where no rule decides. */
  holds: boolean | null;
  since: Date | null;
  evaluatedAt: Date | null;
  reason: 'RULE' | 'DEFAULT' | 'EARLIER_SEGMENT' | 'VALUE' | 'LIST';
  /** The segment of a strategic segmentation that takes the customer. */
  takenById: string | null;
  value: string | null;
  nodes: ExplainedNode[];
};

type Row = {
  id: string;
  kind: string;
  rule: StoredRule | null;
  isDefault: boolean;
  segmentationId: string;
  strategic: boolean;
  method: string;
  since: Date | null;
  value: string | null;
  evaluatedAt: Date | null;
  takenById: string | null;
};

/** Null where the viewer does not see the customer, or there is no such segment. Throws FORBIDDEN where the role hides what the rule asks for. */
export async function explainSegment(
  db: Queryable,
  viewer: Viewer,
  customerId: string,
  segmentId: string,
): Promise<SegmentExplanation | null> {
  for (const name of ['Customer', 'Segment', 'SegmentMembership']) requireRead(viewer, entityNamed(name));
  const row = await readRow(db, viewer, customerId, segmentId);
  if (!row) return null;
  if (hidesColumn(viewer, entityNamed('Segment'), 'rule')) throw apiError('FORBIDDEN', 'The role hides the rules of segments.');
  const shown = <T>(column: string, value: T): T | null => (hidesColumn(viewer, entityNamed('SegmentMembership'), column) ? null : value);
  const base = {
    ...{ customerId, segmentId, evaluatedAt: row.evaluatedAt, member: row.since !== null },
    ...{ since: shown('enteredAt', row.since), value: shown('value', row.value) },
  };
  if (row.kind === 'STATIC') return { ...base, holds: null, reason: 'LIST', takenById: null, nodes: [] };
  if (row.method === 'VALUE_CLASSES') return { ...base, holds: null, reason: 'VALUE', takenById: row.takenById, nodes: [] };
  if (!row.strategic) {
    const { holds, nodes } = await explainOne(db, viewer, row.rule!, customerId);
    return { ...base, holds, reason: 'RULE', takenById: null, nodes };
  }
  return { ...base, ...(await explainPartition(db, viewer, row, customerId)) };
}

async function explainOne(db: Queryable, viewer: Viewer, rule: StoredRule, customerId: string): Promise<RuleExplanation> {
  requireRuleVisible(viewer, rule);
  // The customer was there a moment ago; erased meanwhile, nothing holds for it.
  return (await explainRule(db, viewer.workspaceId, rule, customerId, new Date())) ?? { holds: false, nodes: [] };
}

// The first rule that holds takes the customer: what comes after it is not asked.
async function explainPartition(db: Queryable, viewer: Viewer, row: Row, customerId: string) {
  const parts = await activeSegments(db, viewer.workspaceId, [row.segmentationId]);
  let own: RuleExplanation | null = null;
  let taker: { id: string; nodes: ExplainedNode[] } | null = null;
  for (const part of parts) {
    if (part.isDefault || !part.rule || (taker && part.id !== row.id)) continue;
    const explained = await explainOne(db, viewer, part.rule, customerId);
    if (part.id === row.id) own = explained;
    if (!taker && explained.holds) taker = { id: part.id, nodes: explained.nodes };
  }
  const takenById = taker?.id ?? parts.find((part) => part.isDefault)?.id ?? null;
  if (row.isDefault) return { holds: taker === null, reason: 'DEFAULT' as const, takenById, nodes: taker?.nodes ?? [] };
  const earlier = own?.holds && taker!.id !== row.id;
  return {
    holds: own?.holds ?? false,
    reason: earlier ? ('EARLIER_SEGMENT' as const) : ('RULE' as const),
    takenById,
    nodes: own?.nodes ?? [],
  };
}

async function readRow(db: Queryable, viewer: Viewer, customerId: string, segmentId: string): Promise<Row | null> {
  const [row] = await db.query<Row>(sql`
    select s.id, s.kind::text as kind, s.rule, s.is_default as "isDefault", g.id as "segmentationId", g.kind = 'STRATEGIC' as strategic, g.method::text as method,
      m.entered_at as since, m.value, u.evaluated_at as "evaluatedAt",
      (select p.segment_id from segment_memberships p where p.workspace_id = g.workspace_id and p.segmentation_id = g.id and p.customer_id = c.id
        and p.left_at is null and p.exclusive) as "takenById"
    from customers c
    join segments s on s.workspace_id = c.workspace_id and s.id = ${segmentId}::uuid
    join segmentations g on g.workspace_id = s.workspace_id and g.id = s.segmentation_id
    left join segment_memberships m on m.workspace_id = c.workspace_id and m.customer_id = c.id and m.segment_id = s.id and m.left_at is null
    left join rule_units u on u.workspace_id = s.workspace_id and u.id = case when g.kind = 'STRATEGIC' then g.id else s.id end
    where c.id = ${customerId}::uuid and ${rowPolicy(viewer, entityNamed('Customer'), 'c')}`);
  return row ?? null;
}
