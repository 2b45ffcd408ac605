// What rules refer to: where references stand in a rule, and the rows behind them.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import type { JsonObject, JsonValue } from '../../db/models.ts';
import { tableOf } from '../../query/sql.ts';
import { childrenOf } from './shape.ts';

export type Target =
  | 'LifecycleStage'
  | 'Segment'
  | 'RelationshipKind'
  | 'InteractionKind'
  | 'Channel'
  | 'TouchPoint'
  | 'Pipeline'
  | 'Product'
  | 'CloseReason'
  | 'PartyRole'
  | 'User'
  | 'Team';

/** Branch -> places in it that hold references. */
const PLACES: Record<string, { at: string[]; target: Target }[]> = {
  stage: [place('in', 'LifecycleStage'), place('notIn', 'LifecycleStage')],
  segment: [place('in', 'Segment'), place('notIn', 'Segment')],
  relationship: [place('kind', 'RelationshipKind')],
  interactions: [
    place('where.kinds', 'InteractionKind'),
    place('where.channels', 'Channel'),
    place('where.touchPoints', 'TouchPoint'),
    place('where.users', 'User'),
  ],
  opportunities: [
    place('where.pipelines', 'Pipeline'),
    place('where.products', 'Product'),
    place('where.closeReasons', 'CloseReason'),
    place('where.owners', 'User'),
  ],
  field: [
    place('owner.in', 'User'),
    place('team.in', 'Team'),
    place('partyRoles.has', 'PartyRole'),
    place('partyRoles.hasAny', 'PartyRole'),
    place('partyRoles.hasAll', 'PartyRole'),
  ],
};

function place(at: string, target: Target): { at: string[]; target: Target } {
  return { at: at.split('.'), target };
}

export type Reference = { target: Target; value: string; path: string[] };

/** A copy of a rule with every reference replaced by what `change` answers. */
export function mapReferences(rule: JsonObject, path: string[], change: (reference: Reference) => string): JsonObject {
  const copy = structuredClone(rule);
  replaceIn(copy, path, change);
  return copy;
}

function replaceIn(rule: JsonObject, path: string[], change: (reference: Reference) => string): void {
  for (const [branch, places] of Object.entries(PLACES)) {
    for (const { at, target } of rule[branch] == null ? [] : places) {
      const holder = at
        .slice(0, -1)
        .reduce<JsonValue | undefined>((value, name) => (value as JsonObject | undefined)?.[name], rule[branch]);
      const name = at.at(-1)!;
      const value = (holder as JsonObject | undefined)?.[name];
      const here = [...path, branch, ...at];
      if (typeof value === 'string') (holder as JsonObject)[name] = change({ target, value, path: here });
      if (Array.isArray(value))
        (holder as JsonObject)[name] = value.map((one, index) => change({ target, value: one as string, path: [...here, String(index)] }));
    }
  }
  for (const child of childrenOf(rule)) replaceIn(child.rule as JsonObject, [...path, ...child.path], change);
}

/** All references of a rule. */
export function referencesOf(rule: JsonObject, path: string[] = []): Reference[] {
  const found: Reference[] = [];
  mapReferences(rule, path, (reference) => {
    found.push(reference);
    return reference.value;
  });
  return found;
}

export type Known = { target: Target; id: string; key: string | null; name: string; archived: boolean };

/** Rows that references point to, looked up by key or by id; one statement. */
export async function lookUp(db: Queryable, workspaceId: string, references: readonly Reference[], by: 'key' | 'id'): Promise<Known[]> {
  const groups = Map.groupBy(references, ({ target }) => target);
  if (groups.size === 0) return [];
  const parts = [...groups].map(([target, group]): Sql => {
    const values = [...new Set(group.map(({ value }) => value))];
    const keyed = hasKey(target);
    // Party roles stand in customers by their keys, so rules keep the keys too.
    const where = !keyed || (by === 'id' && target !== 'PartyRole') ? sql`id = any(${values}::uuid[])` : sql`key = any(${values}::text[])`;
    return sql`select ${target}::text as target, id, ${raw(keyed ? 'key' : 'null::text')} as key, name, archived_at is not null as archived
      from ${tableOf(target)} where workspace_id = ${workspaceId}::uuid and ${where}`;
  });
  return db.query<Known>(join(parts, ' union all '));
}

/** Whether rules name it by a key; users and teams have none. */
export function hasKey(target: Target): boolean {
  return target !== 'User' && target !== 'Team';
}

/** What stands in a stored rule for a row. */
export function storedValue({ target, id, key }: Known): string {
  return target === 'PartyRole' ? key! : id;
}
