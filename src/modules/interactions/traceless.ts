// Rows that are refused late, when customers, conversations or participants were already made for them, must leave
// nothing of it behind: then the others are applied anew from a savepoint.
import sql from 'sql-template-tag';
import type { BulkRow, BulkSink } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';

type Apply<Row> = (ctx: CommandContext, rows: BulkRow<Row>[], sink: BulkSink) => Promise<void>;

/** Applies the rows that `apply` does not refuse, as if the refused ones had never been there. */
export async function applyTraceless<Row>(ctx: CommandContext, rows: BulkRow<Row>[], sink: BulkSink, apply: Apply<Row>): Promise<void> {
  for (let left = rows; left.length > 0; left = left.filter(({ index }) => !sink.isRejected(index))) {
    const effects: (() => void)[] = [];
    let refused = false;
    await ctx.tx.execute(sql`savepoint attempt`);
    // A context of its own: what was read for the one before may have been rolled back.
    await apply({ ...ctx, emit: (event) => effects.push(() => ctx.emit(event)) }, left, {
      done: (...result) => effects.push(() => sink.done(...result)),
      reject: (...result) => {
        refused = true;
        sink.reject(...result);
      },
      isRejected: sink.isRejected,
    });
    if (!refused) {
      await ctx.tx.execute(sql`release savepoint attempt`);
      for (const effect of effects) effect();
      return;
    }
    await ctx.tx.execute(sql`rollback to savepoint attempt`);
  }
}
