// The command pattern: validate, check the policy, read, write and append events in one transaction, or change nothing.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { hasPermission } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Database, Transaction } from '../db/database.ts';
import type { NewEvent } from '../events/types.ts';
import { apiError } from '../graphql/errors.ts';
import { canonical } from '../query/cursor.ts';
import { appendEmitted, type Emitted } from './emitted.ts';
import { passGuards } from './guards.ts';
import { recallResult, storeResult } from './idempotency.ts';
import { inOwnCurrency } from './own-currency.ts';
import { type UserError, UserErrors } from './user-errors.ts';

/** What a command works with. */
export type CommandContext = {
  tx: Transaction;
  viewer: Viewer;
  workspaceId: string;
  now: Date;
  requestId: string;
  /** The command's permission, whose row scope says what it may touch. */
  permission: string;
  /** Adds an event to those written when the command ends. Lock or write the subject's row first. */
  emit: (event: Omit<NewEvent, 'occurredAt'> & Partial<Pick<Emitted, 'occurredAt' | 'source'>>) => void;
};

/** A change somebody can ask for. `run` throws UserErrors to refuse; its result is stored for idempotent repeats, so it holds ids, not rows. */
export type Command<Input, Result> = {
  name: string;
  description: string;
  /** Permission that the caller needs. */
  permission: string;
  input: z.ZodType<Input>;
  /** Parses in place of `input` where rows are checked one by one. */
  parse?: z.ZodType<Input>;
  run: (ctx: CommandContext, input: Input) => Promise<Result>;
};

export type CommandOutcome<Result> = { result: Result; userErrors: [] } | { result: null; userErrors: UserError[] };

export type CommandCall = { db: Database; viewer: Viewer; requestId: string; idempotencyKey?: string | null };

/** Thrown to undo everything and still answer a result: what a dry run would have done, or which rows stopped a bulk command. */
export class RolledBack extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('rolled back');
    this.result = result;
  }
}

const commands = new Map<string, Command<unknown, unknown>>();

/** Names a command and infers its types. */
export function defineCommand<Input, Result>(command: Command<Input, Result>): Command<Input, Result> {
  return offerCommand(command);
}

/** Has the command found under its name, in place of one from which it was made. */
export function offerCommand<Input, Result>(command: Command<Input, Result>): Command<Input, Result> {
  commands.set(command.name, command as Command<unknown, unknown>);
  return command;
}

/** The command that the API offers under a name. */
export function commandNamed(name: string): Command<unknown, unknown> | undefined {
  return commands.get(name);
}

/** All commands that the API offers, by their names. */
export function allCommands(): Command<unknown, unknown>[] {
  return [...commands.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Runs a command for a caller. Throws FORBIDDEN and IDEMPOTENCY_KEY_REUSED; everything a user can mend comes back as `userErrors`. */
export async function runCommand<Input, Result>(
  call: CommandCall,
  command: Command<Input, Result>,
  raw: unknown,
): Promise<CommandOutcome<Result>> {
  const { viewer } = call;
  if (!hasPermission(viewer.role, command.permission)) {
    throw apiError('FORBIDDEN', `The role lacks the permission ${command.permission}.`);
  }
  const parsed = (command.parse ?? command.input).safeParse(await inOwnCurrency(call.db, viewer.workspaceId, raw));
  if (!parsed.success) return { result: null, userErrors: parsed.error.issues.map(toUserError) };
  try {
    const result = await call.db.transaction((tx) => runInTransaction(tx, call, command, parsed.data, raw));
    return { result, userErrors: [] };
  } catch (error) {
    if (error instanceof RolledBack) return { result: error.result as Result, userErrors: [] };
    if (error instanceof UserErrors) return { result: null, userErrors: error.errors };
    throw error;
  }
}

async function runInTransaction<Input, Result>(
  tx: Transaction,
  call: CommandCall,
  command: Command<Input, Result>,
  input: Input,
  raw: unknown,
): Promise<Result> {
  const { viewer, idempotencyKey } = call;
  const record = idempotencyKey
    ? {
        viewer,
        key: idempotencyKey,
        command: command.name,
        inputHash: createHash('sha256')
          .update(canonical(raw, { nulls: true }))
          .digest('hex'),
      }
    : null;
  if (record) {
    const known = await recallResult(tx, record);
    if (known) return known.result as Result;
  }
  const now = new Date();
  const events: Emitted[] = [];
  const ctx: CommandContext = {
    tx,
    viewer,
    workspaceId: viewer.workspaceId,
    now,
    requestId: call.requestId,
    permission: command.permission,
    emit: (event) => events.push({ occurredAt: now, ...event }),
  };
  await passGuards(ctx, command.name, input);
  const result = await command.run(ctx, input);
  await appendEmitted(
    tx,
    { workspaceId: viewer.workspaceId, actor: viewer.actor, origin: viewer.origin, requestId: call.requestId },
    events,
  );
  if (record) await storeResult(tx, record, result);
  return result;
}

type Issue = z.core.$ZodIssue;

/** A zod issue as a user error; `params.code` of a custom issue is the stable code. */
export function toUserError(issue: Issue): UserError {
  const code = (issue as { params?: { code?: string } }).params?.code ?? zodCodes[issue.code] ?? 'INVALID';
  return { code, message: issue.message, path: issue.path.map(String) };
}

const zodCodes: Record<string, string> = {
  too_small: 'TOO_SHORT',
  too_big: 'TOO_LONG',
  invalid_type: 'WRONG_TYPE',
  unrecognized_keys: 'UNKNOWN_FIELD',
  invalid_value: 'INVALID_VALUE',
};
