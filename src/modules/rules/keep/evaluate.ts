// Applies units to the customers concerned. Everything here runs in a transaction that holds the place of `rules` in the
// log: so no two evaluations of a unit run side by side, and the later one has seen the later facts.
import sql from 'sql-template-tag';
import type { Transaction } from '../../../db/database.ts';
import { inSavepoint } from '../../../db/savepoint.ts';
import type { EventRow } from '../../../events/index.ts';
import { isPassing } from '../../../jobs/index.ts';
import { concerned, touchesOf } from './touched.ts';
import { type LoadedUnit, loadUnits, shareUnits, type UnitRow, type UnitWork } from './units.ts';

/** Evaluates the units that are in step with the log, for whom these events concern. */
export async function followEvents(tx: Transaction, events: readonly EventRow[]): Promise<void> {
  for (const [workspaceId, own] of Map.groupBy(events, (event) => event.workspaceId)) {
    const touches = own.flatMap(touchesOf);
    if (touches.length === 0) continue;
    await shareUnits(tx, workspaceId);
    const rows = await readyUnits(tx, workspaceId);
    const units = await loadUnits(tx, rows);
    for (const row of rows) {
      const unit = units.get(row.id);
      const customers = unit ? await concerned(tx, workspaceId, unit.dependencies, touches) : [];
      if (unit && customers.length > 0) await evaluateUnit(tx, row, unit, customers, 'EVENT');
    }
  }
}

/** Evaluates one unit; if that fails the unit is marked, and worked out anew later, while the others go on. */
export async function evaluateUnit(
  tx: Transaction,
  row: UnitRow,
  unit: LoadedUnit,
  customers: readonly string[] | null,
  cause: UnitWork['cause'],
): Promise<void> {
  const { workspaceId, id: unitId } = row;
  try {
    await inSavepoint(tx, () => unit.evaluate({ tx, workspaceId, unitId, now: new Date(), customers, cause }));
  } catch (error) {
    if (isPassing(error)) throw error;
    // A customer who was erased meanwhile is no failure: everyone is judged anew at once.
    await markFailed(tx, row, error, (error as { code?: string }).code === FOREIGN_KEY_VIOLATION ? 'PENDING' : 'FAILED');
  }
}

const FOREIGN_KEY_VIOLATION = '23503';

/** Marks a unit as failed, with a reason that holds no data. */
export async function markFailed(tx: Transaction, row: UnitRow, error: unknown, state: 'FAILED' | 'PENDING' = 'FAILED'): Promise<void> {
  const { code } = error as { code?: string };
  await tx.execute(sql`update rule_units set state = ${state}::rule_unit_state, failure = ${code ? `SQLSTATE ${code}` : 'an unexpected error'}, updated_at = now()
    where workspace_id = ${row.workspaceId}::uuid and id = ${row.id}::uuid and generation = ${row.generation}`);
}

function readyUnits(tx: Transaction, workspaceId: string): Promise<UnitRow[]> {
  return tx.query<UnitRow>(sql`select workspace_id as "workspaceId", id, kind, generation from rule_units
    where workspace_id = ${workspaceId}::uuid and state = 'READY' order by id`);
}
