// Which customers an event concerns, and for which units.
import sql from 'sql-template-tag';
import type { Queryable } from '../../../db/database.ts';
import type { EventRow } from '../../../events/index.ts';
import type { FactFamily, RuleDependencies } from '../types.ts';

/** What an event changed about whom. `everything`: every unit has to look. */
export type Touch = {
  customers: string[];
  family: FactFamily | 'everything';
  /** Interaction kinds or segments concerned, where the family has such. */
  ids: string[];
};

const families: Record<string, FactFamily> = {
  identity: 'identity',
  preference: 'knowledge',
  need: 'knowledge',
  relationship: 'relationship',
  interaction: 'interaction',
  opportunity: 'opportunity',
  segment: 'segment',
};
const ofCustomers: Record<string, FactFamily | 'everything'> = {
  'customer.created': 'everything',
  'customer.archived': 'everything',
  'customer.restored': 'everything',
  'customer.updated': 'customer',
  'customer.stage_changed': 'stage',
  'customer.stage_history_repaired': 'stage',
};
const named: Partial<Record<FactFamily, string>> = { interaction: 'kindId', segment: 'segmentId' };

/** What an event may change for rules. */
export function touchesOf({ type, customerId, data }: Pick<EventRow, 'type' | 'customerId' | 'data'>): Touch[] {
  const family = ofCustomers[type] ?? families[type.slice(0, type.indexOf('.'))];
  if (!family) return [];
  const sides = [data.before, data.after].filter((side) => side != null);
  const values = (name: string) => sides.map((side) => side[name]).filter((value) => typeof value === 'string');
  const customers = new Set([...(customerId ? [customerId] : []), ...values('customerId')]);
  if (family === 'relationship') for (const end of [...values('fromId'), ...values('toId')]) customers.add(end);
  const name = named[family as FactFamily];
  const touch: Touch = { customers: [...customers], family, ids: name ? values(name) : [] };
  // An upsert tells of a new stage among the other changes.
  return family === 'customer' && sides.some((side) => 'stageId' in side) ? [touch, { ...touch, family: 'stage' }] : [touch];
}

/** The customers for whom a unit with these dependencies has to be evaluated after these touches. */
export async function concerned(
  db: Queryable,
  workspaceId: string,
  dependencies: readonly RuleDependencies[],
  touches: readonly Touch[],
): Promise<string[]> {
  const near = touchedBy(dependencies, touches);
  const hops = Math.max(0, ...dependencies.map((one) => one.hops));
  // What happens to a customer may matter to those tied to it: they are judged by facts of the same families.
  return hops > 0 && near.size > 0 ? withTied(db, workspaceId, near, hops) : [...near];
}

function touchedBy(dependencies: readonly RuleDependencies[], touches: readonly Touch[]): Set<string> {
  const found = new Set<string>();
  for (const { family, ids, customers } of touches) {
    if (family === 'everything' || dependencies.some((one) => dependsOn(one, family, ids))) for (const id of customers) found.add(id);
  }
  return found;
}

function dependsOn({ families: wanted, interactionKinds, segments }: RuleDependencies, family: FactFamily, ids: string[]): boolean {
  if (!wanted.has(family)) return false;
  // A correction that does not tell the kind may be of any.
  if (family === 'interaction') return interactionKinds === null || ids.length === 0 || ids.some((id) => interactionKinds.has(id));
  if (family === 'segment') return ids.length === 0 || ids.some((id) => segments.has(id));
  return true;
}

/** Adds whoever is tied to these customers, over at most `hops` relationships. */
async function withTied(db: Queryable, workspaceId: string, customers: ReadonlySet<string>, hops: number): Promise<string[]> {
  const all = new Set(customers);
  let edge = [...customers];
  for (let hop = 0; hop < hops && edge.length > 0; hop++) {
    const rows = await db.query<{ id: string }>(sql`
      select r.to_id as id from relationships r where r.workspace_id = ${workspaceId}::uuid and r.from_id = any(${edge}::uuid[])
      union select r.from_id from relationships r where r.workspace_id = ${workspaceId}::uuid and r.to_id = any(${edge}::uuid[])`);
    edge = rows.map(({ id }) => id).filter((id) => !all.has(id));
    for (const id of edge) all.add(id);
  }
  return [...all];
}
