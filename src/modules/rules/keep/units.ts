// What rules decide about every customer, as units that are kept up to date by events: a segment, a strategic
// segmentation, the lifecycle, health, a criterion of lead scores.
import sql, { type Sql } from 'sql-template-tag';
import type { Queryable, Transaction } from '../../../db/database.ts';
import { shareLock, takeLock } from '../../../db/locks.ts';
import type { RuleDependencies } from '../types.ts';

/** A unit whose rules are to be applied now, in a transaction. */
export type UnitWork = {
  tx: Transaction;
  workspaceId: string;
  unitId: string;
  now: Date;
  /** UUIDs of the customers to judge; null: all of the workspace. */
  customers: readonly string[] | null;
  /** What made it necessary, for the events: `EVENT`, `TIME` or `EVALUATION`. */
  cause: 'EVENT' | 'TIME' | 'EVALUATION';
};

export type LoadedUnit = {
  dependencies: readonly RuleDependencies[];
  /**
   * Makes what the unit decides equal to what its rules say of the customers, and writes `rule_checks` for them (see
   * `checksCtes`). Nothing else changes them at the same time.
   */
  evaluate(work: UnitWork): Promise<void>;
};

export type UnitKind = {
  kind: string;
  /** Loads units of one workspace; those that are gone or archived are left out. */
  load(db: Queryable, workspaceId: string, ids: readonly string[]): Promise<Map<string, LoadedUnit>>;
};

const kinds = new Map<string, UnitKind>();

/** Registers a kind of unit. Modules call it when they are loaded. */
export function defineUnitKind(kind: UnitKind): void {
  if (kinds.has(kind.kind)) throw new Error(`the kind of unit ${kind.kind} is defined twice`);
  kinds.set(kind.kind, kind);
}

export type UnitRow = { workspaceId: string; id: string; kind: string; generation: number };

const remembered = new Map<string, LoadedUnit>();
const MOST_REMEMBERED = 5_000;

/** Loads units, those of a known generation from memory. Archived ones are absent. */
export async function loadUnits(db: Queryable, rows: readonly UnitRow[]): Promise<Map<string, LoadedUnit>> {
  const found = new Map<string, LoadedUnit>();
  const missing: UnitRow[] = [];
  for (const row of rows) {
    const known = remembered.get(keyOf(row));
    if (known) found.set(row.id, known);
    else missing.push(row);
  }
  for (const group of Map.groupBy(missing, (row) => `${row.workspaceId} ${row.kind}`).values()) {
    const { workspaceId, kind } = group[0]!;
    const loaded = await kinds.get(kind)?.load(
      db,
      workspaceId,
      group.map(({ id }) => id),
    );
    for (const row of group) {
      const unit = loaded?.get(row.id);
      if (!unit) continue;
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(keyOf(row), unit);
      found.set(row.id, unit);
    }
  }
  return found;
}

const keyOf = ({ workspaceId, id, generation }: UnitRow) => `${workspaceId} ${id} ${generation}`;

const lockName = (workspaceId: string) => `rule units ${workspaceId}`;

/** Keeps the rules of a workspace as they are until `tx` ends: a command that changes one waits, and then has it worked out anew. */
export async function shareUnits(tx: Queryable, workspaceId: string): Promise<void> {
  await shareLock(tx, lockName(workspaceId));
}

/** Has one command at a time change rules of a workspace; the others wait until `tx` ends. */
export async function lockUnits(tx: Queryable, workspaceId: string): Promise<void> {
  await takeLock(tx, lockName(workspaceId));
}

/** Has a unit worked out anew for everyone. Every command that makes a unit or changes its rules calls it. */
export async function changeUnit(tx: Queryable, workspaceId: string, kind: string, id: string): Promise<void> {
  await lockUnits(tx, workspaceId);
  // A unit that is made again must not be taken for the one that was removed: it begins at another generation.
  await tx.execute(sql`insert into rule_units (workspace_id, id, kind, generation)
    values (${workspaceId}::uuid, ${id}::uuid, ${kind}, (random() * 1e9)::int)
    on conflict (workspace_id, id) do update
    set state = 'PENDING', generation = rule_units.generation + 1, failure = null, updated_at = now()`);
}

/** Has all units of a workspace worked out anew: after changes of facts that no event tells of, such as a new exchange rate. */
export async function changeAllUnits(tx: Queryable, workspaceId: string): Promise<void> {
  await lockUnits(tx, workspaceId);
  await tx.execute(sql`update rule_units set state = 'PENDING', generation = generation + 1, failure = null, updated_at = now()
    where workspace_id = ${workspaceId}::uuid`);
}

/** Forgets a unit. What it decided stays as it is. */
export async function removeUnit(tx: Queryable, workspaceId: string, id: string): Promise<void> {
  await lockUnits(tx, workspaceId);
  await tx.execute(sql`delete from rule_checks where workspace_id = ${workspaceId}::uuid and unit_id = ${id}::uuid`);
  await tx.execute(sql`delete from rule_units where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`);
}

/**
 * The CTEs (without `with`, without a comma at either end) that make the moments at which to look again equal to those of
 * the CTE `evaluated(customer_id uuid, due_at timestamptz, …)`, which has one row for each customer in the scope of `work`
 * who is not archived.
 */
export function checksCtes({ workspaceId, unitId, customers }: UnitWork): Sql {
  const scope = customers === null ? sql`true` : sql`k.customer_id = any(${[...customers]}::uuid[])`;
  return sql`checks_gone as (
      delete from rule_checks k where k.workspace_id = ${workspaceId}::uuid and k.unit_id = ${unitId}::uuid and ${scope}
        and not exists (select from evaluated e where e.customer_id = k.customer_id and e.due_at is not null)
    ), checks_kept as (
      insert into rule_checks (workspace_id, unit_id, customer_id, due_at)
      select ${workspaceId}::uuid, ${unitId}::uuid, e.customer_id, e.due_at from evaluated e where e.due_at is not null
      on conflict (workspace_id, unit_id, customer_id) do update set due_at = excluded.due_at
      where rule_checks.due_at <> excluded.due_at
    )`;
}
