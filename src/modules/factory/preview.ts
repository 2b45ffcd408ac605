// For whom a rule would make an opportunity if its signal came now, of the customers that the viewer sees.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { hasPermission } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import type { JsonObject, OpportunityRuleRow, SignalKind } from '../../db/models.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireRead, rowPolicy } from '../../query/policy.ts';
import { compileRule, dependenciesOf, type FactFamily } from '../rules/index.ts';
import { baseAmountSql } from '../sales/index.ts';
import { fallsOn } from './dates.ts';
import { dayAfter } from './fire.ts';
import { reasonOf, type Settings } from './settings.ts';

/** Counting stops here. */
export const MOST_COUNTED = 10_000;

export type RulePreview = { count: { value: number; isExact: boolean }; sample: string[] };
export type PreviewedRule = Pick<OpportunityRuleRow, 'id' | 'signal' | 'settings' | 'condition' | 'periodDays'> & { today: string };

/** Counts and shows customers whom the signal speaks of now, who fulfil the condition and for whom it made none in its period. */
export async function previewOpportunityRule(db: Queryable, viewer: Viewer, rule: PreviewedRule, size: number): Promise<RulePreview> {
  const { workspaceId } = viewer;
  const condition = rule.condition as JsonObject | null;
  const compiled = condition && compileRule(condition, { customer: 'c', workspaceId, now: new Date(), among: null, prefix: 'r' });
  const [row] = await db.query<{ count: number; sample: string[] }>(sql`
    with fitting as materialized (
      select c.id, c.created_at from customers c ${compiled && compiled.joins.length > 0 ? join([...compiled.joins], ' ') : raw('')}
      where ${rowPolicy(viewer, entityNamed('Customer'), 'c')} and c.archived_at is null and ${spokenOf(workspaceId, rule)} ${compiled ? sql`and ${compiled.holds}` : raw('')}
        and not exists (select from opportunity_rule_firings f where f.workspace_id = c.workspace_id and f.rule_id = ${rule.id}::uuid and f.customer_id = c.id
          and f.reason = ${reasonOf(rule.signal, rule.settings as never)} and f.fired_at > now() - ${rule.periodDays}::int * interval '1 day')
      limit ${MOST_COUNTED + 1}::int
    )
    select (select count(*)::int from fitting) as count,
      array(select f.id from fitting f order by f.created_at, f.id limit ${size}::int) as sample`);
  return { count: { value: Math.min(row!.count, MOST_COUNTED), isExact: row!.count <= MOST_COUNTED }, sample: row!.sample };
}

function spokenOf(workspaceId: string, { signal, settings, periodDays, today }: PreviewedRule): Sql {
  switch (signal) {
    case 'SEGMENT_ENTERED':
      return sql`exists (select from segment_memberships m where m.workspace_id = c.workspace_id and m.customer_id = c.id and m.left_at is null
        and m.segment_id = ${(settings as Settings['SEGMENT_ENTERED']).segmentId}::uuid)`;
    case 'STAGE_CHANGED':
      return sql`c.stage_id = ${(settings as Settings['STAGE_CHANGED']).stageId}::uuid`;
    case 'INTERACTION': {
      const { kindId, direction, minimumValue } = settings as Settings['INTERACTION'];
      const base = baseAmountSql(workspaceId, sql`i.value_amount`, sql`i.value_currency`, sql`(i.occurred_at at time zone 'UTC')::date`);
      return sql`exists (select from interactions i where i.workspace_id = c.workspace_id and i.customer_id = c.id and i.kind_id = ${kindId}::uuid
        and i.occurred_at > now() - ${periodDays}::int * interval '1 day' ${direction ? sql`and i.direction::text = ${direction}` : raw('')}
        ${minimumValue ? sql`and ${base} >= ${minimumValue}::numeric` : raw('')})`;
    }
    case 'DATE_REACHED': {
      const { daysBefore, daysAfter } = settings as Settings['DATE_REACHED'];
      const day = dayAfter(today, daysBefore - daysAfter);
      return fallsOn(workspaceId, settings as Settings['DATE_REACHED'], { from: day, to: day });
    }
    case 'COMPANION_MISSING': {
      const { productId, companionId } = settings as Settings['COMPANION_MISSING'];
      const has = (product: string, status: Sql) => sql`exists (select from opportunities o
        join opportunity_lines l on l.workspace_id = o.workspace_id and l.opportunity_id = o.id
        where o.workspace_id = c.workspace_id and o.customer_id = c.id and o.archived_at is null and ${status} and l.product_id = ${product}::uuid)`;
      return sql`(${has(productId, sql`o.status = 'WON'`)} and not ${has(companionId, sql`o.status <> 'LOST'`)})`;
    }
  }
}

/** The preview of a rule; null where there is none. Throws FORBIDDEN. */
export async function readPreview(db: Queryable, viewer: Viewer, id: string, size: number): Promise<RulePreview | null> {
  const entity = entityNamed('OpportunityRule');
  requireRead(viewer, entityNamed('Customer'));
  if (!hasPermission(viewer.role, 'sales-rules:write')) throw apiError('FORBIDDEN', 'The role lacks the permission sales-rules:write.');
  const [rule] = await db.query<PreviewedRule>(sql`
    select o.id, o.signal, o.settings, o.condition, o.period_days as "periodDays", to_char(now() at time zone w.time_zone, 'YYYY-MM-DD') as today
    from opportunity_rules o join workspaces w on w.id = o.workspace_id where ${rowPolicy(viewer, entity, 'o')} and o.id = ${id}::uuid`);
  if (!rule) return null;
  requireSight(viewer, rule);
  return previewOpportunityRule(db, viewer, rule, size);
}

const lookedAt: Record<FactFamily, readonly string[]> = {
  customer: ['Customer'],
  identity: ['Customer', 'Identity'],
  knowledge: ['Customer', 'Preference', 'Need'],
  relationship: ['Customer', 'Relationship'],
  stage: ['Customer'],
  interaction: ['Customer', 'Interaction'],
  opportunity: ['Customer', 'Opportunity', 'OpportunityLine'],
  segment: ['Customer', 'SegmentMembership'],
};
const familyOf: Record<SignalKind, FactFamily> = {
  SEGMENT_ENTERED: 'segment',
  STAGE_CHANGED: 'stage',
  INTERACTION: 'interaction',
  DATE_REACHED: 'customer',
  COMPANION_MISSING: 'opportunity',
};

// Who turns up tells what the rule looks at: so a role that hides any field of that, or may not read it, gets no preview.
function requireSight(viewer: Viewer, { signal, settings, condition }: PreviewedRule): void {
  const families = new Set<FactFamily>(condition ? dependenciesOf(condition as JsonObject).families : []);
  families.add(familyOf[signal]);
  if (signal === 'DATE_REACHED' && 'lastPurchase' in (settings as Settings['DATE_REACHED']).date) families.add('opportunity');
  for (const name of new Set([...families].flatMap((family) => lookedAt[family]))) {
    requireRead(viewer, entityNamed(name));
    if ([...viewer.role.hiddenFields].some((field) => field.startsWith(`${name}.`))) {
      throw apiError('FORBIDDEN', `The role hides fields of ${name}, which the rule looks at.`);
    }
  }
}
