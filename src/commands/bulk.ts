// Bulk commands: set-based, with one result per row in input order, `onError: ABORT | SKIP` and dry runs.
import { z } from 'zod';
import { type Command, type CommandContext, defineCommand, RolledBack, toUserError } from './command.ts';
import { bool, input, oneOf } from './fields.ts';
import { type UserError, userError } from './user-errors.ts';

export const MAX_BULK_ROWS = 500;
export const bulkStatuses = ['CREATED', 'UPDATED', 'UNCHANGED', 'REJECTED', 'ABORTED'] as const;
export type BulkStatus = (typeof bulkStatuses)[number];

export type RowResult = { index: number; status: BulkStatus; id: string | null; userErrors: UserError[] };
export type BulkOutcome = { results: RowResult[] };
export type BulkInput = { rows: unknown[]; onError: 'ABORT' | 'SKIP'; dryRun: boolean };

/** A row that passed its own checks. */
export type BulkRow<Row> = { index: number; value: Row };

/** Where `apply` says what became of each row; each row is reported once. */
export type BulkSink = {
  done: (index: number, status: 'CREATED' | 'UPDATED' | 'UNCHANGED', id: string) => void;
  reject: (index: number, ...errors: UserError[]) => void;
  isRejected: (index: number) => boolean;
};

export type BulkSpec<Row> = {
  name: string;
  description: string;
  permission: string;
  /** Name of the input type, for example `CustomersUpsertInput`. */
  inputName: string;
  row: z.ZodType<Row>;
  /** What makes two rows of one call speak of the same record: such rows are applied one after the other. */
  keysOf: (row: Row) => string[];
  /** Applies rows that share no key, with as few statements as possible. Rejected rows must leave nothing behind. */
  apply: (ctx: CommandContext, rows: BulkRow<Row>[], sink: BulkSink) => Promise<void>;
};

/** Makes a bulk command. */
export function defineBulkCommand<Row>(spec: BulkSpec<Row>): Command<BulkInput, BulkOutcome> {
  const onError = oneOf(
    'OnError',
    ['ABORT', 'SKIP'],
    'What a bad row does: ABORT changes nothing at all, SKIP leaves out that row.',
  ).default('ABORT');
  const dryRun = bool('Answers what would happen and changes nothing.').default(false);
  const described = input(spec.inputName, `Input of \`${spec.name}\`.`, {
    rows: z.array(spec.row).meta({ description: `The rows, 1 to ${MAX_BULK_ROWS}.` }),
    onError,
    dryRun,
  });
  const loose = z.strictObject({
    rows: z.array(z.unknown()).min(1, 'At least one row.').max(MAX_BULK_ROWS, `At most ${MAX_BULK_ROWS} rows.`),
    onError: onError.nullish().transform((value) => value ?? 'ABORT'),
    dryRun: dryRun.nullish().transform((value) => value ?? false),
  });
  return defineCommand<BulkInput, BulkOutcome>({
    name: spec.name,
    description: spec.description,
    permission: spec.permission,
    input: described as unknown as z.ZodType<BulkInput>,
    parse: loose as unknown as z.ZodType<BulkInput>,
    run: (ctx, bulk) => runBulk(ctx, spec, bulk),
  });
}

async function runBulk<Row>(ctx: CommandContext, spec: BulkSpec<Row>, bulk: BulkInput): Promise<BulkOutcome> {
  const results: RowResult[] = bulk.rows.map((_row, index) => ({ index, status: 'ABORTED', id: null, userErrors: [] }));
  const sink = sinkInto(results);
  const rows = parseRows(spec, bulk.rows, sink);
  const bad = () => results.some((result) => result.status === 'REJECTED');
  const stop = () => bulk.onError === 'ABORT' && bad();
  for (const wave of wavesOf(rows, spec.keysOf)) {
    if (stop()) break;
    await spec.apply(ctx, wave, sink);
  }
  if (stop()) {
    for (const result of results) if (result.status !== 'REJECTED') Object.assign(result, { status: 'ABORTED', id: null });
    throw new RolledBack({ results });
  }
  if (bulk.dryRun)
    throw new RolledBack({ results: results.map((result) => (result.status === 'CREATED' ? { ...result, id: null } : result)) });
  return { results };
}

function sinkInto(results: RowResult[]): BulkSink {
  return {
    done: (index, status, id) => Object.assign(results[index]!, { status, id }),
    reject: (index, ...errors) => {
      const result = results[index]!;
      Object.assign(result, { status: 'REJECTED', id: null });
      result.userErrors.push(...errors.map((error) => ({ ...error, path: ['rows', String(index), ...error.path] })));
    },
    isRejected: (index) => results[index]!.status === 'REJECTED',
  };
}

function parseRows<Row>(spec: BulkSpec<Row>, raw: unknown[], sink: BulkSink): BulkRow<Row>[] {
  return raw.flatMap((value, index) => {
    const parsed = spec.row.safeParse(value);
    if (parsed.success) return [{ index, value: parsed.data }];
    sink.reject(index, ...parsed.error.issues.map(toUserError));
    return [];
  });
}

/** Splits rows so that no wave holds two rows with a common key, and a row comes after every earlier row it shares one with. */
export function wavesOf<Row>(rows: BulkRow<Row>[], keysOf: (row: Row) => string[]): BulkRow<Row>[][] {
  const lastWave = new Map<string, number>();
  const waves: BulkRow<Row>[][] = [];
  for (const row of rows) {
    const keys = keysOf(row.value);
    const wave = Math.max(-1, ...keys.map((key) => lastWave.get(key) ?? -1)) + 1;
    for (const key of keys) lastWave.set(key, wave);
    waves[wave] ??= [];
    waves[wave].push(row);
  }
  return waves;
}

/** A user error of a bulk row, for `sink.reject`. */
export function rowError(code: string, message: string, path: (string | number)[]): UserError {
  return userError(code, message, path);
}
