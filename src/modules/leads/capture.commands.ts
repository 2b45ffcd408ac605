// Capturing leads: the customer is recognised or made, the lead assigned and scored. The same external reference again is
// the same lead.
import sql, { type Sql } from 'sql-template-tag';
import { scopeOf } from '../../auth/permissions.ts';
import { defineBulkCommand } from '../../commands/bulk.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { lockReached } from '../../commands/lock-reached.ts';
import { insertRows, notFound } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { LeadRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { requireTeamRef, requireUserRef } from '../access/index.ts';
import { checkGiven, giveConsent } from '../consents/index.ts';
import { assignByTerritory } from '../territories/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { type CaptureInput, captureInput, captureRow } from './capture-input.ts';
import { scoreLeadsOf } from './judge.ts';
import { leadCustomer } from './lead-customer.ts';
import { shareScores } from './score.ts';

type Captured = { id: string; status: 'CREATED' | 'UNCHANGED' };
type Holders = Pick<LeadRow, 'ownerId' | 'teamId' | 'territoryId'>;

async function capture(ctx: CommandContext, asked: CaptureInput): Promise<Captured> {
  const known = asked.externalRef ? await capturedUnder(ctx, asked.externalRef) : null;
  if (known) return { id: known, status: 'UNCHANGED' };
  // Everything that may be refused comes before the customer is made.
  const columns = await checked(ctx, asked);
  const customerId = await leadCustomer(ctx, asked.customer, ['customer']);
  await shareScores(ctx.tx, ctx.workspaceId);
  const holders = await holdersOf(ctx, customerId, columns.given);
  const made = newId();
  const after = { customerId, ...columns.plain, ...holders, status: 'NEW' as const, score: 0 };
  const inserted = await insertRows(
    ctx.tx,
    'Lead',
    [{ workspaceId: ctx.workspaceId, id: made, ...after, createdAt: ctx.now, updatedAt: ctx.now }],
    onConflict,
  );
  if (inserted === 0) throw new RetryTransaction('an external reference was taken meanwhile');
  const shown = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null));
  ctx.emit({ type: 'lead.captured', subjectType: 'Lead', subjectId: made, customerId, data: { after: shown } });
  for (const given of asked.consents ?? []) await giveConsent(ctx, customerId, given, made);
  await scoreLeadsOf(ctx, [customerId], 'CAPTURED');
  return { id: made, status: 'CREATED' };
}

const onConflict: Sql = sql`on conflict do nothing`;

// Who may not see the lead must not learn its id.
async function capturedUnder(ctx: CommandContext, ref: { system: string; value: string }): Promise<string | null> {
  const [row] = await ctx.tx.query<{ id: string }>(sql`select id from leads
    where workspace_id = ${ctx.workspaceId}::uuid and external_system = ${ref.system} and external_id = ${ref.value}`);
  if (!row) return null;
  try {
    return (await lockReached(ctx, 'Lead', row.id, ['externalRef'])).id;
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    return reject('NOT_VISIBLE', 'This lead is known, but not in the rows of your role.', ['externalRef']);
  }
}

async function checked(ctx: CommandContext, asked: CaptureInput) {
  const { source, product, interest, message, capturedAt, externalRef } = asked;
  if (capturedAt && capturedAt > ctx.now) reject('IN_FUTURE', 'Interest cannot be shown in the future.', ['capturedAt']);
  for (const [i, given] of (asked.consents ?? []).entries()) checkGiven(ctx, given, ['consents', i]);
  const sourceId = (await resolveKeys(ctx, 'LeadSource', [source])).get(source) ?? notFound('LeadSource', ['source']);
  return {
    plain: {
      sourceId,
      productId: await productNamed(ctx, product),
      interest: interest ?? null,
      message: message ?? null,
      capturedAt: capturedAt ?? ctx.now,
      externalSystem: externalRef?.system ?? null,
      externalId: externalRef?.value ?? null,
    },
    given: {
      ownerId: await requireUserRef(ctx, asked.owner, ['owner']),
      teamId: await requireTeamRef(ctx, asked.team, ['team']),
    },
  };
}

/** The UUID of a product by its key; null when none is given. Refuses with NOT_FOUND. */
export async function productNamed(ctx: CommandContext, product: string | null | undefined): Promise<string | null> {
  if (product == null) return null;
  return (await resolveKeys(ctx, 'Product', [product])).get(product) ?? notFound('Product', ['product']);
}

// Who is named; else whom the territory names; else the signed-in user, if otherwise it would be out of reach.
async function holdersOf(ctx: CommandContext, customerId: string, given: Omit<Holders, 'territoryId'>): Promise<Holders> {
  if (given.ownerId || given.teamId) return { ...given, territoryId: null };
  const assigned = await assignByTerritory(ctx, customerId);
  if (assigned) return assigned;
  const reach = scopeOf(ctx.viewer.role, 'leads', 'write');
  return { ownerId: reach === 'ALL' ? null : ctx.viewer.userId, teamId: null, territoryId: null };
}

export const leadCapture = defineCommand<CaptureInput, { id: string }>({
  name: 'leadCapture',
  description:
    'Captures a lead. The customer is recognised by any identity, an unknown one is made; owner and team are those of the territory unless told. The same external reference again changes nothing.',
  permission: 'leads:write',
  input: captureInput,
  run: async (ctx, asked) => ({ id: (await capture(ctx, asked)).id }),
});

export const leadsCapture = defineBulkCommand<CaptureInput>({
  name: 'leadsCapture',
  description: 'Captures leads, each like `leadCapture`.',
  permission: 'leads:write',
  inputName: 'LeadsCaptureInput',
  row: captureRow,
  keysOf: () => [],
  // One after the other: a lead may be of a customer whom the one before it made.
  apply: async (ctx, rows, sink) => {
    for (const { index, value } of rows) {
      try {
        const { status, id } = await capture(ctx, value);
        sink.done(index, status, id);
      } catch (error) {
        if (!(error instanceof UserErrors)) throw error;
        sink.reject(index, ...error.errors);
      }
    }
  },
});
