// A plugin's statements in a transaction of the core. They run as the plugin's role; whatever the core runs in the same
// transaction runs as itself again.
import { raw } from 'sql-template-tag';
import type { Statement, Transaction } from '../../db/database.ts';
import { quoteIdent } from '../../db/models.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { isolationOf, roleOf, schemaOf } from './names.ts';
import { inTurn, knownTurns, noting, turnsOf } from './turns.ts';

export { checkedTransaction } from './turns.ts';

/** How long a statement of a plugin may take, and what throws where nothing may run any more. */
export type Limits = { timeoutMs: number; check: () => void };

/** Rows of a plugin's statement, in this transaction. */
export function queryInside<R>(plugin: LoadedPlugin, given: Transaction, statement: Statement, { timeoutMs, check }: Limits): Promise<R[]> {
  const kept = turnsOf(given);
  const enter = enterText(plugin, timeoutMs);
  return inTurn(kept, async () => {
    // Asked at the last moment: where it ended meanwhile, the connection may be another's.
    check();
    if (kept.mark.first === undefined) kept.mark.first = enter;
    if (kept.now !== enter) {
      kept.now = enter;
      await noting(kept, () => kept.core.execute(raw(enter)), PLUGIN);
      // What is refused here was not sent, and so has failed nothing.
      check();
    }
    return noting(kept, () => kept.core.query<R>(statement), PLUGIN);
  });
}

const PLUGIN = { ofPlugin: true };

/** Throws what a plugin's statement failed with, also where the plugin caught it: nothing of the transaction can be kept. */
export function assertIntact(given: Transaction): void {
  const failed = knownTurns(given)?.failed;
  if (failed !== undefined) throw failed;
}

function enterText(plugin: LoadedPlugin, timeoutMs: number): string {
  const role = isolationOf(plugin) === 'ROLE' ? `set local role ${quoteIdent(roleOf(plugin))}; ` : '';
  const limit = timeoutMs > 0 ? `; set local statement_timeout to ${Math.ceil(timeoutMs)}` : '';
  return `${role}set local search_path to ${quoteIdent(schemaOf(plugin))}, pg_catalog${limit}`;
}
