// The events that a handler could not take in, and those that wait behind them: one row each in plugin_failures.
// Every row that waits has a moment, so none is forgotten; whichever of a subject is due, its earliest is tried first.
import sql from 'sql-template-tag';
import { insertRows } from '../../commands/rows.ts';
import type { Transaction } from '../../db/database.ts';
import { presentSql } from '../../db/present.ts';
import { appendEvents, type EventRow } from '../../events/index.ts';
import { eventColumns } from '../../events/log.ts';
import { newId } from '../../lib/typeid.ts';
import { originOf } from '../plugin-viewer.ts';
import { type Handler, PAUSES_MS, subjectKeyOf } from './handler.ts';

export type Subject = { workspaceId: string; subjectKey: string };
export type Waiting = Subject & { id: string; eventSeq: bigint; attempts: number; nextAttemptAt: Date };

export const keyOf = ({ workspaceId, subjectKey }: Subject) => `${workspaceId} ${subjectKey}`;
export const subjectOf = (event: EventRow): Subject => ({ workspaceId: event.workspaceId, subjectKey: subjectKeyOf(event) });

/** Which of these subjects have events that wait, with the moment of the next attempt. */
export async function blockedSubjects(tx: Transaction, { plugin, name }: Handler, events: readonly EventRow[]): Promise<Map<string, Date>> {
  const rows = await tx.query<Subject & { at: Date }>(sql`
    select f.workspace_id as "workspaceId", f.subject_key as "subjectKey", min(f.next_attempt_at) as at
    from (select distinct * from unnest(${events.map((event) => event.workspaceId)}::uuid[], ${events.map(subjectKeyOf)}::uuid[])) s (workspace_id, subject_key)
    join plugin_failures f using (workspace_id, subject_key)
    where f.plugin = ${plugin.id} and f.handler = ${name} and f.dead_at is null group by 1, 2`);
  return new Map(rows.map((row) => [keyOf(row), row.at]));
}

export type NewFailure = { event: EventRow; attempts: 0 | 1; nextAttemptAt: Date; error: string | null };

/** Writes down events that failed the first time, and those that wait behind them. */
export async function addFailures(tx: Transaction, { plugin, name }: Handler, failures: readonly NewFailure[]): Promise<void> {
  const rows = failures.map(({ event, ...failure }) => ({
    workspaceId: event.workspaceId,
    id: newId(),
    plugin: plugin.id,
    handler: name,
    eventSeq: event.seq,
    eventId: event.id,
    eventType: event.type,
    subjectKey: subjectKeyOf(event),
    ...failure,
  }));
  await insertRows(tx, 'PluginFailure', rows);
}

/** Subjects of which something is due. */
export async function dueSubjects(tx: Transaction, { plugin, name }: Handler, limit: number): Promise<Subject[]> {
  return tx.query<Subject>(sql`
    select distinct workspace_id as "workspaceId", subject_key as "subjectKey" from (
      select workspace_id, subject_key from plugin_failures
      where plugin = ${plugin.id} and handler = ${name} and next_attempt_at <= ${presentSql} order by next_attempt_at limit ${limit}) due`);
}

/** The earliest events that wait of a subject, locked. */
export async function waitingOf(
  tx: Transaction,
  { plugin, name }: Handler,
  { workspaceId, subjectKey }: Subject,
  limit: number,
): Promise<Waiting[]> {
  return tx.query<Waiting>(sql`
    select workspace_id as "workspaceId", id, subject_key as "subjectKey", event_seq as "eventSeq", attempts, next_attempt_at as "nextAttemptAt"
    from plugin_failures where workspace_id = ${workspaceId}::uuid and plugin = ${plugin.id} and handler = ${name}
      and subject_key = ${subjectKey}::uuid and dead_at is null order by event_seq limit ${limit} for update`);
}

/** Events of the log by their places. */
export async function eventsAt(tx: Transaction, seqs: readonly bigint[]): Promise<Map<bigint, EventRow>> {
  const rows = await tx.query<EventRow>(sql`select ${eventColumns} from events e where e.seq = any(${seqs.map(String)}::int8[])`);
  return new Map(rows.map((row) => [row.seq, row]));
}

export async function removeFailure(tx: Transaction, { workspaceId, id }: Waiting): Promise<void> {
  await tx.execute(sql`delete from plugin_failures where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`);
}

/** Counts a failed attempt: tried again later, with those behind it, or set aside. Answers whether it still waits. */
export async function countFailure(tx: Transaction, handler: Handler, failure: Waiting, error: string): Promise<boolean> {
  const { workspaceId, id } = failure;
  const attempts = failure.attempts + 1;
  const pause = PAUSES_MS[attempts - 1];
  if (pause === undefined) {
    await tx.execute(sql`update plugin_failures set attempts = ${attempts}, next_attempt_at = null, dead_at = now(), error = ${error}, updated_at = now()
      where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`);
    await tellSetAside(tx, handler, failure);
    return false;
  }
  await tx.execute(sql`update plugin_failures set attempts = ${attempts}, error = ${error}, updated_at = now()
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`);
  await tx.execute(sql`update plugin_failures set next_attempt_at = ${new Date(Date.now() + pause)}
    where workspace_id = ${workspaceId}::uuid and plugin = ${handler.plugin.id} and handler = ${handler.name}
      and subject_key = ${failure.subjectKey}::uuid and dead_at is null`);
  return true;
}

/** When something is due next. */
export async function nextDue(tx: Transaction, { plugin, name }: Handler): Promise<Date | null> {
  const [row] = await tx.query<{ at: Date | null }>(
    sql`select min(next_attempt_at) as at from plugin_failures where plugin = ${plugin.id} and handler = ${name} and next_attempt_at is not null`,
  );
  return row!.at;
}

function tellSetAside(tx: Transaction, { plugin, name }: Handler, { workspaceId, id, eventSeq }: Waiting): Promise<void> {
  const source = { workspaceId, actor: { kind: 'SYSTEM' as const, id: null }, origin: originOf(plugin), requestId: null };
  const after = { plugin: plugin.id, handler: name, eventSeq: String(eventSeq), status: 'DEAD' };
  return appendEvents(tx, source, [
    {
      type: 'plugin_failure.set_aside',
      subjectType: 'PluginFailure',
      subjectId: id,
      customerId: null,
      occurredAt: new Date(),
      data: { after },
    },
  ]);
}
