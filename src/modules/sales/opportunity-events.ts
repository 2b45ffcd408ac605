// The events of opportunities: what was written, where it moved, and how it ended.
import type { CommandContext } from '../../commands/command.ts';
import type { Change } from '../../commands/rows.ts';
import type { OpportunityRow } from '../../db/models.ts';
import type { EventData } from '../../events/types.ts';
import type { Plan } from './save.ts';

const place = ['pipelineId', 'stageId', 'status', 'stageSince', 'closedAt'];
const ending = ['status', 'closedAt', 'valueAmount', 'valueCurrency', 'closeReasonId', 'lostToId', 'closeNote'];
const kernel = ['workspaceId', 'id', 'version', 'createdAt', 'updatedAt', 'archivedAt', 'baseAmount'];

/** Appends an event about an opportunity; it concerns its customer. */
export function emitOpportunity(ctx: CommandContext, what: string, row: { id: string; customerId: string | null }, data: EventData): void {
  ctx.emit({ type: `opportunity.${what}`, subjectType: 'Opportunity', subjectId: row.id, customerId: row.customerId, data });
}

const only = (values: Record<string, unknown>, keep: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => keep(name)));

/** Appends what a carried-out plan means. */
export function emitSaved(ctx: CommandContext, { draft, after, course, lines, hadLines }: Plan, change: Change | null): void {
  if (!draft.row) {
    const content = only(after, (name) => !kernel.includes(name) && filled(after[name as keyof OpportunityRow]));
    emitOpportunity(ctx, 'created', after, { after: lines ? { ...content, lines: lines.length } : content });
    if (after.status !== 'OPEN') emitOpportunity(ctx, after.status.toLowerCase(), after, { after: endingOf(after) });
    return;
  }
  const moved = course.entries.length > 0;
  const stays = (name: string) => !moved || !place.includes(name);
  const before = { ...only(change?.before ?? {}, stays), ...(lines && { lines: hadLines }) };
  const now = { ...only(change?.after ?? {}, stays), ...(lines && { lines: lines.length }) };
  if (Object.keys(now).length > 0) emitOpportunity(ctx, 'updated', after, { before, after: now });
  if (moved) emitMoved(ctx, draft.row, after, course.entries.at(-1)!.reason);
}

const filled = (value: unknown) => value != null && !(Array.isArray(value) && value.length === 0);

function emitMoved(ctx: CommandContext, row: OpportunityRow, after: OpportunityRow, reason: string | null): void {
  const at = (values: OpportunityRow) => only(values, (name) => place.includes(name));
  emitOpportunity(ctx, 'moved', after, { before: at(row), after: at(after), ...(reason ? { reason } : {}) });
  if (after.status === row.status) return;
  if (after.status === 'OPEN')
    emitOpportunity(ctx, 'reopened', after, { before: endingOf(row), after: { status: 'OPEN', closedAt: null } });
  else emitOpportunity(ctx, after.status.toLowerCase(), after, { before: { status: row.status }, after: endingOf(after) });
}

function endingOf(row: OpportunityRow): Record<string, unknown> {
  return only(row, (name) => ending.includes(name) && row[name as keyof OpportunityRow] != null);
}
