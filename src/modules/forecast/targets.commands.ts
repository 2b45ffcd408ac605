// Changing sales targets. What makes a target unique may be null, so this module looks for the same one itself.
import sql, { type Sql } from 'sql-template-tag';
import type { z } from 'zod';
import { defineBulkCommand } from '../../commands/bulk.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { type CrudCommands, crudCommands } from '../../commands/crud.ts';
import { date, decimal, id, input, key, oneOf, version } from '../../commands/fields.ts';
import { allColumns, changesOf, expectVersion, insertRows, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { takeLock } from '../../db/locks.ts';
import type { SalesTargetRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { requireTeamRef, requireUserRef, type TeamRef, teamRef, type UserRef, userRef } from '../access/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { type PeriodKind, periodKinds, periodStart } from './periods.ts';
import './targets.entity.ts';

type Values = Record<string, unknown>;
type Place = Pick<SalesTargetRow, 'ownerId' | 'teamId' | 'pipelineId' | 'period'> & { startsOn: string };

const fields = {
  period: oneOf('TargetPeriod', periodKinds, 'How long the period is.'),
  startsOn: date('First day of the period.'),
  amount: decimal('How much is to be won, in the currency of the workspace; not below zero.').refine((amount) => !amount.startsWith('-'), {
    message: 'A target is not below zero.',
    params: { code: 'TOO_SHORT' },
  }),
  owner: userRef('The user whose target it is; neither owner nor team: of everyone.').nullish(),
  team: teamRef('The team whose target it is.').nullish(),
  pipeline: key('Key of the pipeline in which it is to be won; any unless told.').nullish(),
};

const crud = crudCommands({
  entity: 'SalesTarget',
  noun: 'salesTarget',
  plural: 'salesTargets',
  // Targets are told apart by columns that may be null: see findSame.
  unique: ['id'],
  fields,
  columns: async (ctx, values, current) => {
    const columns = await toColumns(ctx, values, current as SalesTargetRow | null);
    const same = await findSame(ctx, { ...empty, ...current, ...columns } as Place);
    if (same && same.id !== current?.id) refuseSecond(same.id);
    return columns;
  },
});

const empty = { ownerId: null, teamId: null, pipelineId: null };

const restore = defineCommand<{ id: string; expectedVersion?: number | null }, { id: string }>({
  ...crud.restore,
  input: input('SalesTargetRestoreInput', 'Which sales target to restore.', {
    id: id('SalesTarget', 'The SalesTarget.'),
    expectedVersion: version(),
  }) as unknown as z.ZodType<{ id: string; expectedVersion?: number | null }>,
  run: async (ctx, values) => {
    await lockTargets(ctx);
    const row = (await lockRow(ctx, 'SalesTarget', values.id)) ?? notFound('SalesTarget', ['id']);
    expectVersion('SalesTarget', row, values.expectedVersion);
    const same = row.archivedAt ? await findSame(ctx, row as unknown as Place) : null;
    if (same) refuseSecond(same.id);
    return crud.restore.run(ctx, values);
  },
});

const upsert = defineBulkCommand<Values>({
  name: 'salesTargetsUpsert',
  description: 'Makes or changes sales targets, matched by period, first day, owner, team and pipeline.',
  permission: 'targets:write',
  inputName: 'SalesTargetsUpsertInput',
  row: input('SalesTargetUpsertRow', 'One sales target to make or change.', fields) as unknown as z.ZodType<Values>,
  keysOf: ({ amount: _amount, ...row }) => [JSON.stringify(Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1)))],
  apply: async (ctx, rows, sink) => {
    for (const { index, value } of rows) {
      try {
        const [status, made] = await upsertOne(ctx, value);
        sink.done(index, status, made);
      } catch (error) {
        if (!(error instanceof UserErrors)) throw error;
        sink.reject(index, ...error.errors);
      }
    }
  },
});

/** The commands of sales targets. */
export const salesTargetCommands: CrudCommands = { ...crud, restore, upsert };

async function upsertOne(ctx: CommandContext, values: Values): Promise<['CREATED' | 'UPDATED' | 'UNCHANGED', string]> {
  const place = { ...empty, ...(await toColumns(ctx, values, null)) } as unknown as Place & { amount: string };
  const same = await findSame(ctx, place);
  const event = { subjectType: 'SalesTarget', customerId: null };
  if (!same) {
    const made = newId();
    await insertRows(ctx.tx, 'SalesTarget', [{ workspaceId: ctx.workspaceId, id: made, ...place } as never]);
    ctx.emit({ ...event, type: 'sales_target.created', subjectId: made, data: { after: place } });
    return ['CREATED', made];
  }
  const changes = changesOf(same as never, { amount: place.amount });
  if (!changes) return ['UNCHANGED', same.id];
  await writeChanges(ctx, 'SalesTarget', same.id, changes.after);
  ctx.emit({ ...event, type: 'sales_target.updated', subjectId: same.id, data: changes });
  return ['UPDATED', same.id];
}

async function toColumns(
  ctx: CommandContext,
  { owner, team, pipeline, ...plain }: Values,
  current: SalesTargetRow | null,
): Promise<Values> {
  await lockTargets(ctx);
  const columns: Values = { ...plain };
  if (owner !== undefined) columns.ownerId = await requireUserRef(ctx, owner as UserRef | null, ['owner']);
  if (team !== undefined) columns.teamId = await requireTeamRef(ctx, team as TeamRef | null, ['team']);
  if (pipeline !== undefined) columns.pipelineId = await pipelineOf(ctx, pipeline as string | null);
  const { ownerId, teamId, period, startsOn } = { ...empty, ...current, ...columns } as Place;
  if (ownerId && teamId) reject('ONE_OF_INVALID', 'A target is of a user or of a team, not of both.', ['team']);
  if (period && startsOn && periodStart(period as PeriodKind, startsOn) !== startsOn) {
    reject('INVALID_VALUE', `A ${period.toLowerCase()} begins on ${periodStart(period as PeriodKind, startsOn)}.`, ['startsOn']);
  }
  return columns;
}

async function pipelineOf(ctx: CommandContext, wanted: string | null): Promise<string | null> {
  if (wanted === null) return null;
  return (await resolveKeys(ctx, 'Pipeline', [wanted])).get(wanted) ?? notFound('Pipeline', ['pipeline']);
}

// Two writers who make the same target wait for each other instead of failing on the index.
async function lockTargets(ctx: CommandContext): Promise<void> {
  await takeLock(ctx.tx, `sales_targets:${ctx.workspaceId}`);
}

async function findSame(ctx: CommandContext, { period, startsOn, ownerId, teamId, pipelineId }: Place): Promise<SalesTargetRow | null> {
  const same = (column: Sql, value: string | null) => sql`${column} is not distinct from ${value}::uuid`;
  const [row] = await ctx.tx.query<SalesTargetRow>(sql`select ${allColumns('SalesTarget')} from sales_targets
    where workspace_id = ${ctx.workspaceId}::uuid and archived_at is null and starts_on = ${startsOn}::date and period = ${period}::target_period
      and ${same(sql`owner_id`, ownerId)} and ${same(sql`team_id`, teamId)} and ${same(sql`pipeline_id`, pipelineId)} for no key update`);
  return row ?? null;
}

function refuseSecond(existing: string): never {
  return reject('DUPLICATE', 'There is such a SalesTarget already.', ['startsOn'], { existing: { type: 'SalesTarget', id: existing } });
}
