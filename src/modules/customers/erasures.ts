// What else has to forget a person: modules that keep something about customers say so here.
import type { CommandContext } from '../../commands/command.ts';

/** Forgets a customer, in the transaction that erases it. `subjects`: ids of what belonged to it, such as interactions. */
export type Erasure = (ctx: CommandContext, customerId: string, subjects: readonly string[]) => Promise<void>;

const erasures: Erasure[] = [];

/** Registers an erasure. Modules call it when they are loaded. */
export function defineErasure(erasure: Erasure): void {
  erasures.push(erasure);
}

export async function forgetElsewhere(ctx: CommandContext, customerId: string, subjects: readonly string[]): Promise<void> {
  for (const erasure of erasures) await erasure(ctx, customerId, subjects);
}
