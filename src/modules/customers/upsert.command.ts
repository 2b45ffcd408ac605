// customersUpsert: set-based, matched by external id and identities.
import type { z } from 'zod';
import { type BulkRow, type BulkSink, defineBulkCommand, rowError, wavesOf } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { dateTime, input, key } from '../../commands/fields.ts';
import { changesOf, lockRows } from '../../commands/rows.ts';
import { type CustomerRow, columnsOf } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { type CustomerFields, customerFields, knownBy, nameFromParts, type Patch, resolveReferences, toPatch } from './customer-fields.ts';
import { type IdentityInput, identityKey, isUserError, type NormalIdentity, nameFromIdentities, normaliseIdentity } from './identity.ts';
import { matchIdentities } from './match.ts';
import {
  adoptIdentities,
  defaultOwner,
  findByIdentities,
  insertCustomers,
  lockCustomers,
  type NewIdentity,
  retryIfErased,
  workspaceCountry,
} from './resolve.ts';
import { recordStageEntry } from './stage-entry.ts';
import { writePatches } from './write-patches.ts';

type Row = CustomerFields & {
  externalId?: { system: string; value: string } | null;
  identities?: IdentityInput[] | null;
  stage?: string | null;
  createdAt?: Date | null;
};
type Prepared = BulkRow<Row> & { identities: NormalIdentity[]; customerId: string | null };

const row = input('CustomerUpsertRow', 'One customer to make or change. Absent fields of an existing one stay, null clears.', {
  ...knownBy,
  ...customerFields,
  stage: key('Key of the lifecycle stage.').nullish(),
  createdAt: dateTime('When the customer was first known; only for new ones.').nullish(),
}) as unknown as z.ZodType<Row>;

export const customersUpsert = defineBulkCommand<Row>({
  name: 'customersUpsert',
  description: 'Makes or changes customers, matched by external id, then by any identity. The same rows again change nothing.',
  permission: 'customers:write',
  inputName: 'CustomersUpsertInput',
  row,
  // Two spellings of one phone number share a key only once normalised: the waves are made in `apply`.
  keysOf: () => [],
  apply: async (ctx, rows, sink) => {
    const prepared = await prepare(ctx, rows, sink);
    const groups = await groupsOf(ctx, prepared);
    for (const wave of wavesOf(
      prepared.map((one) => ({ index: one.index, value: one })),
      (one) => [groups.get(one)!],
    )) {
      await applyWave(
        ctx,
        wave.map((one) => one.value),
        sink,
      );
    }
  },
});

async function prepare(ctx: CommandContext, rows: BulkRow<Row>[], sink: BulkSink): Promise<Prepared[]> {
  const country = await workspaceCountry(ctx);
  return rows.flatMap((one) => {
    const { externalId, identities } = one.value;
    const given: [IdentityInput, (string | number)[]][] = (identities ?? []).map((identity, i) => [identity, ['identities', i]]);
    if (externalId) given.unshift([{ kind: 'EXTERNAL', ...externalId }, ['externalId']]);
    if (given.length === 0) {
      sink.reject(one.index, rowError('IDENTITY_REQUIRED', 'A row needs an external id or an identity.', []));
      return [];
    }
    const normal = given.map(([identity, path]) => ({
      found: normaliseIdentity(identity, (one.value.country as string | null) ?? country),
      path,
    }));
    const bad = normal.flatMap(({ found, path }) => (isUserError(found) ? [{ ...found, path: [...path.map(String), ...found.path] }] : []));
    if (bad.length > 0) {
      sink.reject(one.index, ...bad);
      return [];
    }
    const distinct = new Map(normal.map(({ found }) => [identityKey(found as NormalIdentity), found as NormalIdentity]));
    return [{ ...one, identities: [...distinct.values()], customerId: null }];
  });
}

/** A key for each row that is equal for all rows that may mean the same customer: linked by identities, or by the customers who have them. */
async function groupsOf(ctx: CommandContext, prepared: Prepared[]): Promise<Map<Prepared, string>> {
  const known = await findByIdentities(
    ctx,
    prepared.flatMap((one) => one.identities),
  );
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    if (root !== key) parents.set(key, root);
    return root;
  };
  const keys = (one: Prepared) =>
    one.identities.flatMap((identity) => [identityKey(identity), known.get(identityKey(identity)) ?? []].flat());
  for (const one of prepared) {
    const [first, ...rest] = keys(one).map(rootOf);
    for (const root of rest) if (rootOf(root) !== rootOf(first!)) parents.set(rootOf(root), rootOf(first!));
  }
  return new Map(prepared.map((one) => [one, rootOf(identityKey(one.identities[0]!))]));
}

async function applyWave(ctx: CommandContext, wave: Prepared[], sink: BulkSink): Promise<void> {
  const known = await findByIdentities(
    ctx,
    wave.flatMap((one) => one.identities),
  );
  const sound = wave.filter((one) => match(one, known, sink));
  const [matched, later] = await matchStrangers(ctx, sound);
  const references = await resolveReferences(
    ctx,
    matched.map((one) => one.value),
  );
  const ids = matched.flatMap((one) => one.customerId ?? []);
  const visible = await lockCustomers(ctx, ids);
  const current = new Map((await lockRows(ctx, 'Customer', [...visible])).map((found) => [found.id, found]));
  const fresh: { prepared: Prepared; patch: Patch }[] = [];
  const changed: { prepared: Prepared; patch: Patch; row: CustomerRow }[] = [];
  for (const [i, one] of matched.entries()) {
    const row = one.customerId ? (current.get(one.customerId) ?? null) : null;
    if (one.customerId && !row) {
      retryIfErased(ctx);
      sink.reject(one.index, rowError('NOT_VISIBLE', 'This customer is known, but not in the rows of your role.', []));
      continue;
    }
    const made = await toPatch(ctx, one.value, references, i, row);
    if ('errors' in made) sink.reject(one.index, ...made.errors);
    else if (row) changed.push({ prepared: one, patch: made.patch, row });
    else fresh.push({ prepared: one, patch: made.patch });
  }
  await insertFresh(ctx, fresh, sink);
  await changeExisting(ctx, changed, known, sink);
  if (later.length > 0) await applyWave(ctx, later, sink);
}

/** Asks strategies about rows whose identities nobody has. Rows that turn out to be about a customer of another row come later. */
async function matchStrangers(ctx: CommandContext, sound: Prepared[]): Promise<[now: Prepared[], later: Prepared[]]> {
  const strangers = sound.filter((one) => one.customerId === null);
  const found = await matchIdentities(
    ctx,
    strangers.map((one) => one.identities),
  );
  const answers = new Map(strangers.map((one, i) => [one, found[i]!]));
  const taken = new Set(sound.flatMap((one) => one.customerId ?? []));
  const later = new Set<Prepared>();
  for (const [one, customerId] of answers) {
    if (!customerId) continue;
    if (taken.has(customerId)) later.add(one);
    else one.customerId = customerId;
    taken.add(customerId);
  }
  return [sound.filter((one) => !later.has(one)), [...later]];
}

/** Finds whom a row means. False when its identities belong to different customers. */
function match(one: Prepared, known: Map<string, string>, sink: BulkSink): boolean {
  const found = new Set(one.identities.flatMap((identity) => known.get(identityKey(identity)) ?? []));
  if (found.size > 1) {
    sink.reject(one.index, rowError('IDENTITY_CONFLICT', 'The identities of this row belong to different customers.', ['identities']));
    return false;
  }
  one.customerId = [...found][0] ?? null;
  return true;
}

// What the kernel writes itself; everything else is said of a new customer in full, so that all rows of a call have the same columns.
const managed = ['workspaceId', 'id', 'version', 'createdAt', 'updatedAt', 'archivedAt'];
const columns = columnsOf('Customer').flatMap(({ name }) => (managed.includes(name) ? [] : [name]));
const defaults: Record<string, unknown> = { kind: 'PERSON', partyRoles: [], tags: [], health: 'UNKNOWN', attributes: {} };

/** All columns of a new customer, the given ones over the defaults. */
export function newColumns(ctx: CommandContext, patch: Patch, identities: NormalIdentity[], since: Date): Record<string, unknown> {
  const name = patch.displayName || nameFromParts(patch) || nameFromIdentities(identities);
  const full: Patch = {
    ...patch,
    displayName: name,
    ownerId: patch.ownerId ?? defaultOwner(ctx),
    stageSince: patch.stageId ? since : null,
  };
  return Object.fromEntries(columns.map((column) => [column, full[column] ?? defaults[column] ?? null]));
}

async function insertFresh(ctx: CommandContext, fresh: { prepared: Prepared; patch: Patch }[], sink: BulkSink): Promise<void> {
  const made = fresh.map(({ prepared, patch }) => {
    const createdAt = prepared.value.createdAt ?? ctx.now;
    return { id: newId(), identities: prepared.identities, columns: newColumns(ctx, patch, prepared.identities, createdAt), createdAt };
  });
  await insertCustomers(ctx, made);
  await recordStageEntry(
    ctx,
    made.flatMap(({ id, columns: { stageId }, createdAt }) =>
      stageId ? [{ customerId: id, fromId: null, toId: stageId as string, occurredAt: createdAt, reason: null }] : [],
    ),
  );
  for (const [i, { prepared }] of fresh.entries()) sink.done(prepared.index, 'CREATED', made[i]!.id);
}

async function changeExisting(
  ctx: CommandContext,
  changed: { prepared: Prepared; patch: Patch; row: CustomerRow }[],
  known: Map<string, string>,
  sink: BulkSink,
): Promise<void> {
  const added: NewIdentity[] = changed.flatMap(({ prepared, row }) =>
    prepared.identities.filter((identity) => !known.has(identityKey(identity))).map((identity) => ({ customerId: row.id, identity })),
  );
  await adoptIdentities(ctx, added);
  const grown = new Set(added.map((one) => one.customerId));
  // An empty name in the source does not clear the one that was built here.
  const patches = changed.map(({ patch, row }) => ({
    row,
    changes: changesOf(row, patch.displayName === '' ? { ...patch, displayName: undefined } : patch),
  }));
  await writePatches(
    ctx,
    patches.flatMap(({ row, changes }) => (changes ? [{ row, changes }] : [])),
  );
  for (const [i, { prepared, row }] of changed.entries()) {
    sink.done(prepared.index, patches[i]!.changes || grown.has(row.id) ? 'UPDATED' : 'UNCHANGED', row.id);
  }
}
