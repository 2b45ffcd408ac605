// The rules of kinds: no circles where a kind is acyclic, one active tie from a customer where it is exclusive. The ties
// that matter are read once; those that a command adds are played on top of them, one after the other.
import sql, { raw } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { isActive } from './descendants.ts';
import { isRuled, type Kind } from './kinds.ts';

/** An active tie. */
export type Tie = { id: string; kindId: string; fromId: string; toId: string };

/** Ties by kind and first customer: `<kind> <from>` -> tie id -> second customer. */
export type Ties = Map<string, Map<string, string>>;

const place = (kindId: string, fromId: string) => `${kindId} ${fromId}`;

/** Ties to begin with. */
export function tiesOf(ties: Iterable<Tie>): Ties {
  const all: Ties = new Map();
  for (const tie of ties) addTie(all, tie);
  return all;
}

/** The active ties that can matter when these are added: all ways onward from their customers. */
export async function loadTies(ctx: CommandContext, added: { kind: Kind; fromId: string; toId: string }[]): Promise<Ties> {
  const ruled = added.filter(({ kind }) => isRuled(kind));
  if (ruled.length === 0) return new Map();
  const starts = ruled.flatMap(
    ({ kind, fromId, toId }) =>
      [
        [kind.id, fromId],
        [kind.id, toId],
      ] as const,
  );
  const rows = await ctx.tx.query<Tie>(sql`
    with recursive onward (kind_id, id) as (
      select * from unnest(${starts.map(([kindId]) => kindId)}::uuid[], ${starts.map(([, customerId]) => customerId)}::uuid[])
      union
      select r.kind_id, r.to_id from onward o join relationships r on r.workspace_id = ${ctx.workspaceId}::uuid and r.from_id = o.id and r.kind_id = o.kind_id and ${isActive('r')}
    )
    select ${raw('r.id, r.kind_id as "kindId", r.from_id as "fromId", r.to_id as "toId"')}
    from onward o join relationships r on r.workspace_id = ${ctx.workspaceId}::uuid and r.from_id = o.id and r.kind_id = o.kind_id and ${isActive('r')}`);
  return tiesOf(rows);
}

/** What speaks against a tie beside those there are; null: nothing. */
export function objection(ties: Ties, kind: Kind, tie: Tie): UserError | null {
  const others = [...(ties.get(place(kind.id, tie.fromId)) ?? [])].filter(([id]) => id !== tie.id);
  if (kind.exclusive && others.length > 0) {
    return userError('RELATIONSHIP_EXCLUSIVE', `A customer has at most one active tie of kind ${kind.key}: end the other first.`, ['to'], {
      existing: { type: 'Relationship', id: others[0]![0] },
    });
  }
  if (kind.acyclic && leadsTo(ties, tie.toId, tie.fromId, tie)) {
    return userError('RELATIONSHIP_CYCLE', `Ties of kind ${kind.key} must not run in a circle.`, ['to']);
  }
  return null;
}

export function addTie(ties: Ties, { id, kindId, fromId, toId }: Tie): void {
  const at = place(kindId, fromId);
  const from = ties.get(at) ?? new Map<string, string>();
  ties.set(at, from.set(id, toId));
}

export function removeTie(ties: Ties, { id, kindId, fromId }: Tie): void {
  ties.get(place(kindId, fromId))?.delete(id);
}

function leadsTo(ties: Ties, start: string, wanted: string, without: Tie): boolean {
  const seen = new Set<string>();
  const open = [start];
  for (let customer = open.pop(); customer !== undefined; customer = open.pop()) {
    if (customer === wanted) return true;
    if (seen.has(customer)) continue;
    seen.add(customer);
    for (const [id, next] of ties.get(place(without.kindId, customer)) ?? []) if (id !== without.id) open.push(next);
  }
  return false;
}
