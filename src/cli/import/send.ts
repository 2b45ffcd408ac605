// Sends one batch and tells what became of each row. A value that the API's types refuse makes GraphQL refuse the whole
// request; such rows are found by the error's path, counted as rejected, and the rest is sent again.
import type { ApiClient } from '../api/client.ts';
import { isApiFailure } from '../api/client.ts';
import { failure } from '../failure.ts';
import type { SourceValues } from './expression.ts';
import type { RowProblem } from './problem.ts';
import type { Target } from './targets.ts';
import { batchDocument, dryRunDocument } from './targets.ts';

export type RowResult = { status: 'CREATED' | 'UPDATED' | 'UNCHANGED' } | { status: 'REJECTED'; problems: RowProblem[] };
type UserError = { code: string; message: string; path: string[] };
type Answer = { result: { results: { index: number; status: string; userErrors: UserError[] }[]; userErrors: UserError[] } };

export type SendOptions = { client: ApiClient; target: Target; dryRun: boolean; stop?: AbortSignal; retryForMs?: number };

/** A row's problem by graphql-js: `Variable "$input" got invalid value "x" at "input.rows[3].direction"; Value …`. */
const AT_ROW = /^Variable "\$input" got invalid value (?:.*) at "input\.rows\[(\d+)\]((?:\.\w+|\[\d+\])*)"; ([\s\S]*)$/;

export function coercionProblem(message: string): { index: number; problem: RowProblem } | undefined {
  const match = AT_ROW.exec(message);
  if (!match) return undefined;
  const [, index, path = '', text = ''] = match;
  return { index: Number(index), problem: { code: 'INVALID_VALUE', message: text, path: path.match(/\w+/g) ?? [] } };
}

/**
 * Sends `rows` under an idempotency key and gives a result for each, in order. Throws the client's failures and
 * UNKNOWN_FIELD where the mapping fills what the API has not.
 */
export async function sendRows(rows: SourceValues[], key: string, options: SendOptions): Promise<RowResult[]> {
  const results: RowResult[] = new Array(rows.length);
  let open = rows.map((_, index) => index);
  for (let round = 0; open.length > 0; round++) {
    try {
      const answers = await sendOnce(
        open.map((index) => rows[index] as SourceValues),
        round === 0 ? key : `${key}:${round}`,
        options,
      );
      open.forEach((index, position) => {
        results[index] = answers[position] as RowResult;
      });
      return results;
    } catch (error) {
      const refused = refusedRows(error);
      for (const [position, problems] of refused) results[open[position] as number] = { status: 'REJECTED', problems };
      const left = open.filter((_, position) => !refused.has(position));
      if (left.length === open.length) throw error;
      open = left;
    }
  }
  return results;
}

// Gives the refused rows by position, or throws the error on where it is not about single rows.
function refusedRows(error: unknown): Map<number, RowProblem[]> {
  const refused = new Map<number, RowProblem[]>();
  if (!isApiFailure(error)) throw error;
  for (const { message } of error.errors) {
    const found = coercionProblem(message);
    if (!found) continue;
    const { index, problem } = found;
    if (/is not defined by type/.test(problem.message)) {
      throw failure('UNKNOWN_FIELD', `the mapping fills a field that the API has not: ${problem.message}`, { cause: error });
    }
    refused.set(index, [...(refused.get(index) ?? []), problem]);
  }
  if (refused.size === 0) throw error;
  return refused;
}

async function sendOnce(
  rows: SourceValues[],
  key: string,
  { client, target, dryRun, stop, retryForMs }: SendOptions,
): Promise<RowResult[]> {
  const input = { rows, onError: 'SKIP', ...(dryRun && { dryRun: true }) };
  const limits = { ...(stop && { stop }), ...(retryForMs !== undefined && { retryForMs }) };
  const { result } = dryRun
    ? await client.request<Answer>(dryRunDocument(target), { input }, limits)
    : await client.request<Answer>(batchDocument(target), { input, key }, limits);
  const byIndex = new Map(result.results.map((row) => [row.index, row]));
  const [refusal] = result.userErrors.filter(() => result.results.length === 0);
  if (refusal) throw failure(refusal.code, `${target.mutation} refuses the batch: ${refusal.message}`);
  return rows.map((_, index): RowResult => {
    const row = byIndex.get(index);
    if (row?.status === 'CREATED' || row?.status === 'UPDATED' || row?.status === 'UNCHANGED') return { status: row.status };
    if (row?.status !== 'REJECTED')
      throw failure('BAD_ANSWER', `${target.mutation} does not tell what became of row ${index} of the batch`);
    return {
      status: 'REJECTED',
      problems: row.userErrors.map((error) => ({ code: error.code, message: error.message, path: withoutPrefix(error.path, index) })),
    };
  });
}

// The API's paths begin with the place in the request, which means nothing to who reads the rejected rows.
function withoutPrefix(path: string[], index: number): string[] {
  const steps = path[0] === 'input' ? path.slice(1) : path;
  return steps[0] === 'rows' && steps[1] === String(index) ? steps.slice(2) : steps;
}
