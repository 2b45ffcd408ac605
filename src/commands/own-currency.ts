// Amounts without a currency are in that of the workspace.
import sql from 'sql-template-tag';
import type { Queryable } from '../db/database.ts';

type Amount = { amount: string; currency?: string | null };

/** The input of a command with the currency of the workspace in every `MoneyInput` that names none; the same object where each does. */
export async function inOwnCurrency(db: Queryable, workspaceId: string, input: unknown): Promise<unknown> {
  if (bareAmounts(input).length === 0) return input;
  const [workspace] = await db.query<{ currency: string }>(sql`select currency from workspaces where id = ${workspaceId}::uuid`);
  const filled = structuredClone(input);
  for (const amount of bareAmounts(filled)) amount.currency = workspace!.currency;
  return filled;
}

// Without recursion: somebody may send an input that is nested as deeply as its size allows.
function bareAmounts(input: unknown): Amount[] {
  const found: Amount[] = [];
  const open: unknown[] = [input];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (isBare(value)) found.push(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item ?? null);
    // Custom attributes are called as the workspace likes.
    else for (const [name, part] of Object.entries(value)) if (name !== 'attributes' && part !== undefined) open.push(part);
  }
  return found;
}

function isBare(value: object): value is Amount {
  const { amount, currency } = value as Partial<Amount>;
  return typeof amount === 'string' && currency == null && Object.keys(value).every((name) => name === 'amount' || name === 'currency');
}
