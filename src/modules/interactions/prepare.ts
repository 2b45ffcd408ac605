// From inputs to columns: every reference of all rows in one statement each.
import sql from 'sql-template-tag';
import type { BulkRow, BulkSink } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { resolveUserRefs } from '../access/index.ts';
import { checkAttributes } from '../attributes/index.ts';
import { resolveCustomerRefs } from '../customers/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import type { InteractionInput } from './interaction-fields.ts';

/** An interaction whose references are all found. */
export type Prepared = {
  index: number;
  input: InteractionInput;
  columns: Record<string, unknown> & { customerId: string };
  participants?: { customerId: string | null; userId: string | null; role: string }[];
};

type Place = { id: string; channel_id: string };

async function touchPointsByKey(ctx: CommandContext, keys: (string | null | undefined)[]): Promise<Map<string, Place>> {
  const wanted = [...new Set(keys.filter((key): key is string => key != null))];
  if (wanted.length === 0) return new Map();
  const rows = await ctx.tx.query<Place & { key: string }>(sql`select key, id, channel_id from touch_points
    where workspace_id = ${ctx.workspaceId}::uuid and key = any(${wanted}::text[]) and archived_at is null`);
  return new Map(rows.map((row) => [row.key, row]));
}

/** Resolves the rows' references, locks their customers (making those not known yet), and rejects rows that name what is not there. */
export async function prepareInteractions(ctx: CommandContext, rows: BulkRow<InteractionInput>[], sink: BulkSink): Promise<Prepared[]> {
  const inputs = rows.map((row) => row.value);
  const kinds = await resolveKeys(
    ctx,
    'InteractionKind',
    inputs.map((one) => one.kind),
  );
  const channels = await resolveKeys(
    ctx,
    'Channel',
    inputs.map((one) => one.channel),
  );
  const places = await touchPointsByKey(
    ctx,
    inputs.map((one) => one.touchPoint),
  );
  const users = await resolveUserRefs(
    ctx,
    inputs.map((one) => one.user),
  );
  const good: Prepared[] = [];
  for (const [i, { index, value }] of rows.entries()) {
    const place = value.touchPoint ? places.get(value.touchPoint) : undefined;
    const channelId = value.channel ? channels.get(value.channel) : place?.channel_id;
    const errors: UserError[] = [];
    if (!kinds.has(value.kind)) errors.push(userError('NOT_FOUND', `There is no interaction kind ${value.kind}.`, ['kind']));
    if (value.touchPoint && !place) errors.push(userError('NOT_FOUND', `There is no touch point ${value.touchPoint}.`, ['touchPoint']));
    if (value.channel && !channelId) errors.push(userError('NOT_FOUND', `There is no channel ${value.channel}.`, ['channel']));
    if (!value.channel && !value.touchPoint)
      errors.push(userError('CHANNEL_REQUIRED', 'Name the channel, or a touch point that has one.', ['channel']));
    if (value.user && !users[i]) errors.push(userError('NOT_FOUND', 'There is no such user.', ['user']));
    const checked = value.attributes == null ? { attributes: {} } : await checkAttributes(ctx, 'Interaction', value.attributes, null);
    if ('errors' in checked) errors.push(...checked.errors);
    if (errors.length > 0) {
      sink.reject(index, ...errors);
      continue;
    }
    const attributes = 'attributes' in checked ? checked.attributes : {};
    good.push({
      index,
      input: value,
      columns: columnsOf(ctx, value, {
        kindId: kinds.get(value.kind),
        channelId,
        touchPointId: place?.id ?? null,
        userId: users[i] ?? null,
        attributes,
      }),
    });
  }
  return attachCustomers(ctx, good, sink);
}

// Last, because it makes customers: a row rejected before leaves none behind.
async function attachCustomers(ctx: CommandContext, prepared: Prepared[], sink: BulkSink): Promise<Prepared[]> {
  const found = await resolveCustomerRefs(
    ctx,
    prepared.map((one) => one.input.customer),
    { create: true },
  );
  return prepared.filter((one, i) => {
    const customer = found[i]!;
    if ('error' in customer) {
      sink.reject(one.index, { ...customer.error, path: ['customer', ...customer.error.path] });
      return false;
    }
    one.columns.customerId = customer.id;
    return true;
  });
}

function columnsOf(ctx: CommandContext, value: InteractionInput, resolved: Record<string, unknown>): Prepared['columns'] {
  return {
    customerId: '',
    ...resolved,
    direction: value.direction,
    occurredAt: value.occurredAt ?? ctx.now,
    externalSystem: value.externalRef?.system ?? null,
    externalId: value.externalRef?.value ?? null,
    subject: value.subject ?? null,
    body: value.body ?? null,
    outcome: value.outcome ?? null,
    sentiment: value.sentiment ?? null,
    duration: value.duration ?? null,
    costAmount: value.cost?.amount ?? null,
    costCurrency: value.cost?.currency ?? null,
    valueAmount: value.value?.amount ?? null,
    valueCurrency: value.value?.currency ?? null,
  };
}
