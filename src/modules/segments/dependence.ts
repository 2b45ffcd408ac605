// Which segments depend on which: circles are refused, and what others depend on stays.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { reject } from '../../commands/user-errors.ts';
import { takeLock } from '../../db/locks.ts';
import { dependenciesOf, type StoredRule } from '../rules/index.ts';

/**
 * Has the commands on the segments of a workspace wait for each other until they end: two that are fine alone could close a
 * circle together.
 */
export async function lockSegments(ctx: CommandContext): Promise<void> {
  await takeLock(ctx.tx, `segments ${ctx.workspaceId}`);
}

type Node = { id: string; key: string; segmentationId: string; strategic: boolean; archived: boolean; rule: StoredRule | null };

function allSegments(ctx: CommandContext): Promise<Node[]> {
  return ctx.tx.query<Node>(sql`select s.id, s.key, s.segmentation_id as "segmentationId", g.kind = 'STRATEGIC' as strategic, s.rule,
      s.archived_at is not null or g.archived_at is not null as archived
    from segments s join segmentations g on g.workspace_id = s.workspace_id and g.id = s.segmentation_id
    where s.workspace_id = ${ctx.workspaceId}::uuid order by s.key`);
}

// Whether a customer is in a segment of a strategic segmentation depends on the rules of all its segments.
const unitOf = (node: Node) => (node.strategic ? node.segmentationId : node.id);

/** A segment as it is going to be. */
export type Planned = { id: string | null; key: string; segmentationId: string; strategic: boolean; rule: StoredRule };

/** Refuses with SEGMENT_CYCLE when the rule would make a segment depend on itself. Call it under `lockSegments`. */
export async function refuseCycle(ctx: CommandContext, planned: Planned, path: string[]): Promise<void> {
  const asked = dependenciesOf(planned.rule).segments;
  if (asked.size === 0) return;
  const nodes = await allSegments(ctx);
  const goal = planned.strategic ? planned.segmentationId : (planned.id ?? planned.key);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const members = Map.groupBy(nodes, unitOf);
  const seen = new Set<string>();
  const way = (ids: Iterable<string>): string[] | null => {
    for (const id of ids) {
      const node = byId.get(id);
      if (!node) continue;
      const unit = unitOf(node);
      if (unit === goal) return [node.key];
      if (seen.has(unit)) continue;
      seen.add(unit);
      for (const part of members.get(unit)!) {
        const rest = part.rule ? way(dependenciesOf(part.rule).segments) : null;
        if (rest) return part.id === node.id ? [node.key, ...rest] : [node.key, part.key, ...rest];
      }
    }
    return null;
  };
  const circle = way(asked);
  if (circle) reject('SEGMENT_CYCLE', `The segment would depend on itself: ${[planned.key, ...circle].join(' → ')}.`, path);
}

/** Refuses with SEGMENT_IN_USE when a rule outside of `ids` asks for one of them. Call it under `lockSegments`. */
export async function refuseInUse(ctx: CommandContext, ids: readonly string[]): Promise<void> {
  const own = new Set(ids);
  const nodes = await allSegments(ctx);
  const asks = (rule: StoredRule | null) => rule !== null && [...dependenciesOf(rule).segments].some((id) => own.has(id));
  const user = nodes.find((node) => !own.has(node.id) && !node.archived && asks(node.rule));
  if (user) reject('SEGMENT_IN_USE', `The rule of segment ${user.key} asks for it.`, ['id']);
  const [other] = await rulesElsewhere(ctx, ids);
  if (other) reject('SEGMENT_IN_USE', `A rule of ${other.what} asks for it.`, ['id']);
}

// The text of a rule holds the UUIDs of the segments it asks for.
function rulesElsewhere(ctx: CommandContext, ids: readonly string[]): Promise<{ what: string }[]> {
  const named = ids.map((id) => `%${id}%`);
  const asks = (text: string) => `${text} like any($2::text[])`;
  const text = `select what from (
      select 'the lifecycle' as what from lifecycle_stages where workspace_id = $1::uuid and archived_at is null and ${asks('rule::text')}
      union all select 'the health of customers' from health_rules where workspace_id = $1::uuid and ${asks('rule::text')}
      union all select 'lead scores' from lead_criteria where workspace_id = $1::uuid and archived_at is null and ${asks('rule::text')}
      union all select 'territories' from territories where workspace_id = $1::uuid and archived_at is null and ${asks('rule::text')}
      union all select 'the opportunity factory' from opportunity_rules where workspace_id = $1::uuid and archived_at is null
        and (${asks('settings::text')} or ${asks('condition::text')})
    ) u limit 1`;
  return ctx.tx.query({ text, values: [ctx.workspaceId, named] });
}

/** Refuses to bring back a segment whose rule asks for one that is archived. */
export async function refuseArchivedAsked(ctx: CommandContext, ids: readonly string[]): Promise<void> {
  const own = new Set(ids);
  const nodes = await allSegments(ctx);
  const archived = new Map(nodes.filter((node) => node.archived && !own.has(node.id)).map((node) => [node.id, node.key]));
  for (const node of nodes) {
    if (!own.has(node.id) || !node.rule) continue;
    const asked = [...dependenciesOf(node.rule).segments].find((id) => archived.has(id));
    if (asked) reject('NOT_FOUND', `Its rule asks for the segment ${archived.get(asked)}, which is archived.`, ['id']);
  }
}
