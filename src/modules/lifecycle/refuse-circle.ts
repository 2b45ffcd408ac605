// Rules that ask for what they decide would never come to rest: each change would turn them again.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { reject } from '../../commands/user-errors.ts';
import type { JsonValue } from '../../db/models.ts';
import { dependenciesOf, type StoredRule } from '../rules/index.ts';

type Asks = (rule: StoredRule) => boolean;

export const asksForStage: Asks = (rule) => dependenciesOf(rule).families.has('stage');
export const asksForHealth: Asks = (rule) => has(rule, (name, value) => name === 'field' && isObject(value) && 'health' in value);

/** Refuses with RULE_CIRCULAR a rule that asks for it, itself or by way of the segments it asks for. */
export async function refuseCircle(ctx: CommandContext, rule: StoredRule, asks: Asks, what: string): Promise<void> {
  if (asks(rule) || (await segmentRules(ctx, rule)).some(asks)) reject('RULE_CIRCULAR', `This rule cannot ask for the ${what}.`, ['rule']);
}

// Who belongs to a segment of a strategic segmentation depends on the rules of all its segments.
async function segmentRules(ctx: CommandContext, rule: StoredRule): Promise<StoredRule[]> {
  const found: StoredRule[] = [];
  const seen = new Set<string>();
  for (let asked = [...dependenciesOf(rule).segments]; asked.length > 0; ) {
    for (const id of asked) seen.add(id);
    const rows = await ctx.tx.query<{ id: string; rule: StoredRule }>(sql`select s.id, s.rule from segments s
      join segmentations g on g.workspace_id = s.workspace_id and g.id = s.segmentation_id
      where s.workspace_id = ${ctx.workspaceId}::uuid and s.rule is not null and (s.id = any(${asked}::uuid[])
        or g.kind = 'STRATEGIC' and g.id in (select a.segmentation_id from segments a
          where a.workspace_id = ${ctx.workspaceId}::uuid and a.id = any(${asked}::uuid[])))`);
    found.push(...rows.map((row) => row.rule));
    asked = rows.flatMap((row) => [...dependenciesOf(row.rule).segments]).filter((id) => !seen.has(id));
  }
  return found;
}

function has(value: JsonValue, test: (name: string, value: JsonValue) => boolean): boolean {
  if (Array.isArray(value)) return value.some((one) => has(one, test));
  return isObject(value) && Object.entries(value).some(([name, part]) => test(name, part) || has(part, test));
}

function isObject(value: JsonValue): value is StoredRule {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
