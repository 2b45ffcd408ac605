// Create, update, archive, restore and upsert of plain records: one table row whose fields are columns or resolve to columns.
import sql, { raw } from 'sql-template-tag';
import { z } from 'zod';
import { type ModelName, quoteIdent } from '../db/models.ts';
import { newId } from '../lib/typeid.ts';
import { entityNamed } from '../query/entity.ts';
import { columnNamed, modelOf } from '../query/sql.ts';
import { type BulkInput, type BulkOutcome, defineBulkCommand } from './bulk.ts';
import { type Command, type CommandContext, defineCommand } from './command.ts';
import { id, input, version } from './fields.ts';
import { allColumns, changesOf, expectVersion, insertSql, lockRow, notFound, writeChanges } from './rows.ts';
import { reject, UserErrors, userError } from './user-errors.ts';

type Values = Record<string, unknown>;
type IdResult = { id: string };

export type CrudSpec = {
  entity: ModelName;
  /** Begins the names of mutations and inputs: `touchPoint` -> `touchPointCreate`. */
  noun: string;
  plural: string;
  /** Column that is unique in the workspace, or the external reference pair. */
  unique: string[];
  /** Fields of a new record: properties of the model, or fields that `columns` turns into such. */
  fields: z.ZodRawShape;
  /** Turns input fields into columns and checks them; the default takes them as they are. Throws UserErrors. */
  columns?: (ctx: CommandContext, values: Values, current: Values | null) => Promise<Values>;
  /** What of a row is in its events; all columns unless told. */
  permission?: string;
};

export type CrudCommands = {
  create: Command<Values, IdResult>;
  update: Command<Values & { id: string }, IdResult>;
  archive: Command<{ id: string }, IdResult>;
  restore: Command<{ id: string }, IdResult>;
  upsert: Command<BulkInput, BulkOutcome>;
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** `touchPoint` -> `touch_point`: the entity's part of event types. */
export function eventNoun(noun: string): string {
  return noun.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The commands of a plain entity. */
export function crudCommands(spec: CrudSpec): CrudCommands {
  const permission = spec.permission ?? `${entityNamed(spec.entity).subject}:write`;
  const target = z.object({ id: id(spec.entity, `The ${spec.entity}.`), expectedVersion: version() }).shape;
  const words = eventNoun(spec.noun).replaceAll('_', ' ');
  return {
    create: defineCommand<Values, IdResult>({
      name: `${spec.noun}Create`,
      description: `Makes a ${words}.`,
      permission,
      input: input(`${capital(spec.noun)}CreateInput`, `A new ${words}.`, spec.fields) as unknown as z.ZodType<Values>,
      run: (ctx, values) => createOne(ctx, spec, values),
    }),
    update: defineCommand<Values & { id: string }, IdResult>({
      name: `${spec.noun}Update`,
      description: `Changes a ${words}: absent fields stay, null clears.`,
      permission,
      input: input(`${capital(spec.noun)}UpdateInput`, `Changes of a ${words}.`, {
        ...target,
        ...optionalFields(spec.fields),
      }) as unknown as z.ZodType<Values & { id: string }>,
      run: (ctx, values) => updateOne(ctx, spec, values),
    }),
    archive: toggleCommand(spec, permission, words, true),
    restore: toggleCommand(spec, permission, words, false),
    upsert: defineBulkCommand<Values>({
      name: `${spec.plural}Upsert`,
      description: `Makes or changes ${words}s, matched by ${spec.unique.join(' and ')}. Absent fields of existing ones stay.`,
      permission,
      inputName: `${capital(spec.plural)}UpsertInput`,
      row: input(`${capital(spec.noun)}UpsertRow`, `One ${words} to make or change.`, spec.fields) as unknown as z.ZodType<Values>,
      keysOf: (row) => [uniqueKeyOf(spec, row)],
      apply: async (ctx, rows, sink) => {
        for (const { index, value } of rows) {
          try {
            const { status, id: made } = await upsertOne(ctx, spec, value);
            sink.done(index, status, made);
          } catch (error) {
            if (!(error instanceof UserErrors)) throw error;
            sink.reject(index, ...error.errors);
          }
        }
      },
    }),
  };
}

function optionalFields(fields: z.ZodRawShape): z.ZodRawShape {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, withoutDefault(field as z.ZodType).nullish()]));
}

// A default must not reset what an update leaves out.
function withoutDefault(field: z.ZodType): z.ZodType {
  const def = field._zod.def as unknown as { type: string; innerType?: z.ZodType };
  return def.type === 'default' && def.innerType ? def.innerType : field;
}

function uniqueKeyOf(spec: CrudSpec, row: Values): string {
  const ref = row.externalId as { system: string; value: string } | undefined;
  return JSON.stringify(ref ? [ref.system, ref.value] : spec.unique.map((name) => row[name]));
}

async function toColumns(ctx: CommandContext, spec: CrudSpec, values: Values, current: Values | null): Promise<Values> {
  const { id: _id, expectedVersion: _version, ...fields } = values;
  const columns = spec.columns ? await spec.columns(ctx, fields, current) : fields;
  for (const [name, value] of Object.entries(columns)) {
    if (value === null && !columnNamed(spec.entity, name).nullable) reject('REQUIRED', 'This field cannot be cleared.', [name]);
  }
  return columns;
}

async function existing(ctx: CommandContext, spec: CrudSpec, columns: Values): Promise<(Values & { id: string; version: number }) | null> {
  const conditions = spec.unique.map((name) => sql`${raw(quoteIdent(columnNamed(spec.entity, name).column))} = ${columns[name] as never}`);
  const where = conditions.reduce((left, right) => sql`${left} and ${right}`);
  const [row] = await ctx.tx.query<
    Values & { id: string; version: number }
  >(sql`select ${allColumns(spec.entity)} from ${raw(quoteIdent(modelOf(spec.entity).table))}
    where workspace_id = ${ctx.workspaceId}::uuid and ${where} for no key update`);
  return row ?? null;
}

async function insertOne(ctx: CommandContext, spec: CrudSpec, columns: Values): Promise<string | null> {
  const made = newId();
  const present = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  const row = { workspaceId: ctx.workspaceId, id: made, ...present };
  const inserted = await ctx.tx.execute(sql`${insertSql(spec.entity, [row])} on conflict do nothing`);
  if (inserted === 0) return null;
  ctx.emit({
    type: `${eventNoun(spec.noun)}.created`,
    subjectType: spec.entity,
    subjectId: made,
    customerId: null,
    data: { after: present },
  });
  return made;
}

async function createOne(ctx: CommandContext, spec: CrudSpec, values: Values): Promise<IdResult> {
  const columns = await toColumns(ctx, spec, values, null);
  // Looked for first: what `columns` leaves out of a row that is there need not make a whole row.
  const made = (await existing(ctx, spec, columns)) ? null : await insertOne(ctx, spec, columns);
  if (made) return { id: made };
  const found = await existing(ctx, spec, columns);
  return reject(
    'DUPLICATE',
    `There is such a ${spec.entity} already.`,
    [spec.unique[0]!],
    found ? { existing: { type: spec.entity, id: found.id } } : {},
  );
}

async function updateOne(ctx: CommandContext, spec: CrudSpec, values: Values & { id: string }): Promise<IdResult> {
  const row = (await lockRow(ctx, spec.entity, values.id)) as (Values & { id: string; version: number }) | null;
  if (!row) notFound(spec.entity, ['id']);
  expectVersion(spec.entity, row, values.expectedVersion as number | null | undefined);
  await change(ctx, spec, row, await toColumns(ctx, spec, values, row));
  return { id: row.id };
}

async function change(ctx: CommandContext, spec: CrudSpec, row: Values & { id: string }, columns: Values): Promise<boolean> {
  const changes = changesOf(row, columns);
  if (!changes) return false;
  const uniqueChanged = spec.unique.some((name) => name in changes.after);
  if (uniqueChanged) {
    const found = await existing(ctx, spec, { ...row, ...changes.after });
    if (found && found.id !== row.id)
      throw new UserErrors([
        userError('DUPLICATE', `There is such a ${spec.entity} already.`, [spec.unique[0]!], {
          existing: { type: spec.entity, id: found.id },
        }),
      ]);
  }
  await writeChanges(ctx, spec.entity, row.id, changes.after);
  ctx.emit({ type: `${eventNoun(spec.noun)}.updated`, subjectType: spec.entity, subjectId: row.id, customerId: null, data: changes });
  return true;
}

async function upsertOne(
  ctx: CommandContext,
  spec: CrudSpec,
  values: Values,
): Promise<{ status: 'CREATED' | 'UPDATED' | 'UNCHANGED'; id: string }> {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const columns = await toColumns(ctx, spec, given, null);
  const found = await existing(ctx, spec, columns);
  if (found) return { status: (await change(ctx, spec, found, columns)) ? 'UPDATED' : 'UNCHANGED', id: found.id };
  const made = await insertOne(ctx, spec, columns);
  if (made) return { status: 'CREATED', id: made };
  const won = await existing(ctx, spec, columns);
  if (!won) return reject('DUPLICATE', `Another ${spec.entity} has one of these unique values.`, [spec.unique[0]!]);
  return { status: (await change(ctx, spec, won, columns)) ? 'UPDATED' : 'UNCHANGED', id: won.id };
}

function toggleCommand(spec: CrudSpec, permission: string, words: string, archive: boolean): Command<{ id: string }, IdResult> {
  const verb = archive ? 'Archive' : 'Restore';
  return defineCommand<{ id: string; expectedVersion?: number | null }, IdResult>({
    name: `${spec.noun}${verb}`,
    description: archive ? `Archives a ${words}: lists hide it, nothing is lost.` : `Brings an archived ${words} back.`,
    permission,
    input: input(`${capital(spec.noun)}${verb}Input`, `Which ${words} to ${verb.toLowerCase()}.`, {
      id: id(spec.entity, `The ${spec.entity}.`),
      expectedVersion: version(),
    }) as unknown as z.ZodType<{ id: string }>,
    run: async (ctx, values) => {
      const row = (await lockRow(ctx, spec.entity, values.id)) as (Values & { id: string; version: number }) | null;
      if (!row) notFound(spec.entity, ['id']);
      expectVersion(spec.entity, row, values.expectedVersion);
      if (Boolean(row.archivedAt) === archive) return { id: row.id };
      const after = { archivedAt: archive ? ctx.now : null };
      await writeChanges(ctx, spec.entity, row.id, after);
      ctx.emit({
        type: `${eventNoun(spec.noun)}.${archive ? 'archived' : 'restored'}`,
        subjectType: spec.entity,
        subjectId: row.id,
        customerId: null,
        data: { before: { archivedAt: row.archivedAt }, after },
      });
      return { id: row.id };
    },
  });
}
