// Recognising customers: from references and identities to rows, creating those not known yet. Safe when two arrive at the same moment.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { externalRef, id, oneOfInput } from '../../commands/fields.ts';
import { insertRows, insertSql } from '../../commands/rows.ts';
import { reject, type UserError, userError } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { IdentityKind } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import {
  type IdentityInput,
  identityKey,
  identityRefInput,
  isUserError,
  type NormalIdentity,
  nameFromIdentities,
  normaliseIdentity,
} from './identity.ts';
import { matchUnknown } from './match.ts';
import { reachOf, reachPolicy } from './reach.ts';

/** Names a customer: by id, by an identity, or by its id in another system (the identity of kind EXTERNAL). */
export const customerRef = (description: string) =>
  oneOfInput('CustomerRef', 'Names a customer in one of three ways.', {
    id: id('Customer', 'By id.').optional(),
    identity: identityRefInput.meta({ gql: 'IdentityRefInput', description: 'By an identity.' }).optional(),
    externalId: externalRef('By its id in another system.').optional(),
  }).meta({ gql: 'CustomerRef', oneOf: true, description });

export type CustomerRef = {
  id?: string;
  identity?: { kind: IdentityKind; system?: string | null; value: string };
  externalId?: { system: string; value: string };
};

const countries = new WeakMap<CommandContext, Promise<string | null>>();

/** The country in which phone numbers without a prefix are read. */
export function workspaceCountry(ctx: CommandContext): Promise<string | null> {
  let country = countries.get(ctx);
  if (!country) {
    country = ctx.tx
      .query<{ country: string | null }>(sql`select country from workspaces where id = ${ctx.workspaceId}::uuid`)
      .then((rows) => rows[0]?.country ?? null);
    countries.set(ctx, country);
  }
  return country;
}

/** The identity that a reference names, or what is wrong with it; null for a reference by id. */
export function identityOfRef(ref: CustomerRef, country: string | null): NormalIdentity | UserError | null {
  if (ref.id) return null;
  const named: IdentityInput = ref.identity ?? { kind: 'EXTERNAL', system: ref.externalId!.system, value: ref.externalId!.value };
  const found = normaliseIdentity(named, country);
  return isUserError(found) ? { ...found, path: [ref.identity ? 'identity' : 'externalId', ...found.path] } : found;
}

/** Whose these identities are: identity key -> customer UUID, unknown ones absent. */
export async function findByIdentities(ctx: CommandContext, identities: Iterable<NormalIdentity>): Promise<Map<string, string>> {
  const distinct = [...new Map([...identities].map((identity) => [identityKey(identity), identity])).values()];
  if (distinct.length === 0) return new Map();
  const rows = await ctx.tx.query<{ kind: string; system: string; value: string; customer_id: string }>(sql`
    select i.kind::text as kind, i.system, i.value, i.customer_id
    from unnest(${distinct.map((identity) => identity.kind)}::identity_kind[], ${distinct.map((identity) => identity.system)}::text[], ${distinct.map((identity) => identity.value)}::text[]) as w(kind, system, value)
    -- One index look-up for each, whatever the planner believes of the table's size.
    cross join lateral (select * from identities d where d.workspace_id = ${ctx.workspaceId}::uuid and d.kind = w.kind and d.system = w.system and d.value = w.value limit 1) i`);
  return new Map(rows.map((row) => [identityKey(row), row.customer_id]));
}

/** The identities of a customer, oldest first. */
export function identitiesOf(ctx: CommandContext, customerId: string): Promise<NormalIdentity[]> {
  return ctx.tx.query<NormalIdentity>(sql`select kind, system, value, original, verified, is_primary as primary from identities
    where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid order by created_at, id`);
}

/** Identities to add, with the customer whose they become. */
export type NewIdentity = { customerId: string; identity: NormalIdentity };

/** Adds identities. When another transaction adds one of them at the same moment, this one starts over and finds it. */
export async function insertIdentities(ctx: CommandContext, added: NewIdentity[]): Promise<void> {
  if (added.length === 0) return;
  // In one order for everyone, so that two transactions wait for each other at most one way.
  const sorted = [...added].sort((a, b) => (identityKey(a.identity) < identityKey(b.identity) ? -1 : 1));
  const rows = sorted.map(({ customerId, identity }) => ({
    workspaceId: ctx.workspaceId,
    id: newId(),
    customerId,
    ...identity,
    createdAt: ctx.now,
  }));
  const inserted = await ctx.tx.execute(sql`${insertSql('Identity', rows)} on conflict do nothing`);
  if (inserted < rows.length) throw new RetryTransaction('an identity was taken meanwhile');
  await keepOnePrimary(
    ctx,
    rows.filter((row) => row.primary),
  );
}

/** A new preferred identity takes the place of the one of its kind that was preferred before. */
async function keepOnePrimary(ctx: CommandContext, added: { id: string; customerId: string; kind: IdentityKind }[]): Promise<void> {
  if (added.length === 0) return;
  await ctx.tx.execute(sql`update identities i set is_primary = false
    from unnest(${added.map((one) => one.customerId)}::uuid[], ${added.map((one) => one.kind)}::identity_kind[]) as w(customer_id, kind)
    where i.workspace_id = ${ctx.workspaceId}::uuid and i.customer_id = w.customer_id and i.kind = w.kind and i.is_primary
      and i.id <> all(${added.map((one) => one.id)}::uuid[])`);
}

/** The columns of a new customer besides workspace and times. */
export type NewCustomer = { id: string; identities: NormalIdentity[]; columns: Record<string, unknown>; createdAt?: Date };

/** Inserts customers with their identities and emits `customer.created`. All `columns` have the same properties. */
export async function insertCustomers(ctx: CommandContext, customers: NewCustomer[]): Promise<void> {
  if (customers.length === 0) return;
  await insertRows(
    ctx.tx,
    'Customer',
    customers.map(({ id: made, columns, createdAt }) => ({
      workspaceId: ctx.workspaceId,
      id: made,
      ...columns,
      createdAt: createdAt ?? ctx.now,
      updatedAt: ctx.now,
    })) as never,
  );
  await insertIdentities(
    ctx,
    customers.flatMap(({ id: customerId, identities }) => identities.map((identity) => ({ customerId, identity }))),
  );
  for (const { id: made, columns, identities } of customers) {
    const after = Object.fromEntries(Object.entries(columns).filter(([, value]) => value != null));
    const known = identities.map(({ kind, system, value }) => ({ kind, system, value }));
    ctx.emit({
      type: 'customer.created',
      subjectType: 'Customer',
      subjectId: made,
      customerId: made,
      data: { after: { ...after, identities: known } },
    });
  }
}

/** Locks customers in id order and answers which of them exist and are the caller's to touch. */
export async function lockCustomers(ctx: CommandContext, ids: Iterable<string>): Promise<Set<string>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Set();
  const rows = await ctx.tx.query<{ id: string }>(
    sql`select c.id from customers c where ${reachPolicy(ctx, 'c')} and c.id = any(${wanted}::uuid[]) order by c.id for no key update of c`,
  );
  return new Set(rows.map((row) => row.id));
}

/** Starts the command over when a customer who was known a moment ago can only be gone: it was erased meanwhile. */
export function retryIfErased(ctx: CommandContext): void {
  if (reachOf(ctx) === 'ALL') throw new RetryTransaction('the customer was erased meanwhile');
}

export type Resolved = { id: string } | { error: UserError };

/** Who owns a new customer when nobody is named: the signed-in user, if otherwise it would be out of reach. */
export function defaultOwner(ctx: CommandContext): string | null {
  return reachOf(ctx) === 'ALL' ? null : ctx.viewer.userId;
}

/** The columns of a customer of whom nothing but identities, and a name perhaps, is known. */
export function bareCustomer(ctx: CommandContext, identities: NormalIdentity[], name?: string | null): Record<string, unknown> {
  return { kind: 'PERSON', displayName: name || nameFromIdentities(identities), ownerId: defaultOwner(ctx) };
}

/** Adds identities to customers who are locked, and tells of it. */
export async function adoptIdentities(ctx: CommandContext, added: NewIdentity[]): Promise<void> {
  await insertIdentities(ctx, added);
  for (const { customerId, identity } of added) {
    const after = { kind: identity.kind, system: identity.system, value: identity.value };
    ctx.emit({ type: 'identity.added', subjectType: 'Customer', subjectId: customerId, customerId, data: { after } });
  }
}

export type ResolveOptions = {
  /** Whether identities that are not known make customers. */
  create: boolean;
  /** What those are called; by their identity unless told. */
  name?: string | null;
};

/**
 * Turns references into locked customers, one statement for each step however many there are. When `create` is set, unknown
 * identities become those of whom a strategy tells, or make new customers; otherwise they are NOT_FOUND. Customers out of the caller's row scope are NOT_VISIBLE.
 */
export async function resolveCustomerRefs(ctx: CommandContext, refs: readonly CustomerRef[], options: ResolveOptions): Promise<Resolved[]> {
  const country = refs.some((ref) => ref.identity?.kind === 'PHONE') ? await workspaceCountry(ctx) : null;
  const named = refs.map((ref) => identityOfRef(ref, country));
  const usable = named.filter((one): one is NormalIdentity => one !== null && !isUserError(one));
  const known = await findByIdentities(ctx, usable);
  const matched = options.create ? await matchUnknown(ctx, usable, known) : new Map<string, NewIdentity>();
  const made = new Map<string, NewCustomer>();
  const ids = refs.map((ref, i) => {
    const identity = named[i]!;
    if (identity === null) return ref.id!;
    if (isUserError(identity)) return null;
    const key = identityKey(identity);
    const found = known.get(key) ?? matched.get(key)?.customerId ?? made.get(key)?.id;
    if (found || !options.create) return found ?? null;
    const fresh = { id: newId(), identities: [identity], columns: bareCustomer(ctx, [identity], options.name) };
    made.set(key, fresh);
    return fresh.id;
  });
  await insertCustomers(ctx, [...made.values()]);
  const fresh = new Set([...made.values()].map((one) => one.id));
  const locked = await lockCustomers(
    ctx,
    ids.filter((one): one is string => one !== null && !fresh.has(one)),
  );
  await adoptIdentities(
    ctx,
    [...matched.values()].filter(({ customerId }) => locked.has(customerId)),
  );
  return ids.map((found, i) => {
    const identity = named[i]!;
    if (identity && isUserError(identity)) return { error: identity };
    if (found === null) return { error: userError('NOT_FOUND', 'There is no such customer.', []) };
    if (fresh.has(found) || locked.has(found)) return { id: found };
    if (!refs[i]!.id) retryIfErased(ctx);
    return {
      error: refs[i]!.id
        ? userError('NOT_FOUND', 'There is no such customer.', [])
        : userError('NOT_VISIBLE', 'This customer is known, but not in the rows of your role.', []),
    };
  });
}

/** One customer of a single command, locked; refuses with the error at `path`. */
export async function requireCustomer(
  ctx: CommandContext,
  ref: CustomerRef,
  path: string[],
  options: ResolveOptions = { create: false },
): Promise<string> {
  const [resolved] = await resolveCustomerRefs(ctx, [ref], options);
  if ('error' in resolved!) return reject(resolved.error.code, resolved.error.message, [...path, ...resolved.error.path]);
  return resolved!.id;
}
