// The fields of a customer in inputs, and how they become columns; shared by create, update and upsert.
import { z } from 'zod';
import type { CommandContext } from '../../commands/command.ts';
import { country, date, externalRef, key, language, oneOf, text, timeZone } from '../../commands/fields.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { CustomerHealthValues, type CustomerKind, CustomerKindValues, type CustomerRow, type JsonObject } from '../../db/models.ts';
import { resolveTeamRefs, resolveUserRefs, type TeamRef, teamRef, type UserRef, userRef } from '../access/index.ts';
import { checkAttributes } from '../attributes/index.ts';
import { resolveKeys } from '../vocabularies/index.ts';
import { identityInput } from './identity.ts';

const plain = {
  givenName: text('First name of a person.').nullish(),
  familyName: text('Last name of a person.').nullish(),
  legalName: text('Registered name of an organisation.').nullish(),
  gender: text('Gender as the customer states it.', 50).nullish(),
  birthDate: date('Day of birth.').nullish(),
  language: language('Language the customer prefers, as a BCP 47 tag.').nullish(),
  timeZone: timeZone('IANA time zone of the customer.').nullish(),
  country: country('Country.').nullish(),
  region: text('State, province or county.').nullish(),
  city: text('Town.').nullish(),
  postalCode: text('Postal code.', 20).nullish(),
  addressLine: text('Street, number and the like.', 500).nullish(),
};

export const customerFields = {
  kind: oneOf('CustomerKind', CustomerKindValues, 'Person or organisation; PERSON unless told.').nullish(),
  displayName: text('Name to show; built from the names or an identity where absent.').nullish(),
  ...plain,
  partyRoles: z
    .array(key('Key of a party role.'))
    .max(20)
    .nullish()
    .meta({ description: 'What it is to the company, by keys of party roles.' }),
  tags: z.array(text('A tag.', 100)).max(100).nullish().meta({ description: 'Free labels; replaces those there are.' }),
  health: oneOf('CustomerHealth', CustomerHealthValues, 'Health, apart from the stage.').nullish(),
  owner: userRef('The user who looks after the customer.').nullish(),
  team: teamRef('The team that looks after the customer.').nullish(),
  attributes: z.unknown().optional().meta({ description: 'Custom attributes by key; merges over those there are, null removes one.' }),
};

export const knownBy = {
  externalId: externalRef('Its id in another system: an identity of kind EXTERNAL.').nullish(),
  identities: z.array(identityInput).max(50).nullish().meta({ description: 'The ways in which the customer is known.' }),
};

export type CustomerFields = {
  kind?: CustomerKind | null;
  displayName?: string | null;
  partyRoles?: string[] | null;
  tags?: string[] | null;
  owner?: UserRef | null;
  team?: TeamRef | null;
  attributes?: unknown;
  stage?: string | null;
} & { [field: string]: unknown };

export type Patch = Record<string, unknown>;

/** What the references of many rows point to, read in one statement each. */
export type References = {
  owners: (string | null)[];
  teams: (string | null)[];
  stages: Map<string, string>;
  partyRoles: Map<string, string>;
};

/** Resolves the references of all rows. */
export async function resolveReferences(ctx: CommandContext, rows: readonly CustomerFields[]): Promise<References> {
  return {
    owners: await resolveUserRefs(
      ctx,
      rows.map((row) => row.owner),
    ),
    teams: await resolveTeamRefs(
      ctx,
      rows.map((row) => row.team),
    ),
    stages: await resolveKeys(
      ctx,
      'LifecycleStage',
      rows.map((row) => row.stage),
    ),
    partyRoles: await resolveKeys(
      ctx,
      'PartyRole',
      rows.flatMap((row) => row.partyRoles ?? []),
    ),
  };
}

const cleared: Record<string, unknown> = { kind: 'PERSON', partyRoles: [], tags: [], health: 'UNKNOWN' };

/** The columns that a row gives: absent ones are absent, null clears. `current` is the row it changes. */
export async function toPatch(
  ctx: CommandContext,
  fields: CustomerFields,
  references: References,
  index: number,
  current: CustomerRow | null,
): Promise<{ patch: Patch } | { errors: UserError[] }> {
  const errors: UserError[] = [];
  const patch: Patch = {};
  for (const name of [...Object.keys(plain), 'kind', 'health']) {
    if (fields[name] !== undefined) patch[name] = fields[name] ?? cleared[name] ?? null;
  }
  if (fields.displayName !== undefined) patch.displayName = fields.displayName ?? '';
  if (fields.tags !== undefined) patch.tags = [...new Set(fields.tags ?? [])].sort();
  if (fields.partyRoles !== undefined) patch.partyRoles = [...new Set(fields.partyRoles ?? [])].sort();
  for (const role of (patch.partyRoles as string[] | undefined) ?? []) {
    if (!references.partyRoles.has(role)) errors.push(userError('NOT_FOUND', `There is no party role ${role}.`, ['partyRoles']));
  }
  addReference(patch, errors, 'ownerId', 'owner', fields.owner, references.owners[index] ?? null);
  addReference(patch, errors, 'teamId', 'team', fields.team, references.teams[index] ?? null);
  addReference(
    patch,
    errors,
    'stageId',
    'stage',
    fields.stage,
    fields.stage == null ? null : (references.stages.get(fields.stage) ?? null),
  );
  if (fields.attributes != null || current === null) {
    const checked = await checkAttributes(
      ctx,
      'Customer',
      fields.attributes ?? {},
      (current?.attributes as JsonObject | undefined) ?? null,
    );
    if ('errors' in checked) errors.push(...checked.errors);
    else patch.attributes = checked.attributes;
  }
  return errors.length > 0 ? { errors } : { patch };
}

function addReference(patch: Patch, errors: UserError[], column: string, field: string, given: unknown, found: string | null): void {
  if (given === undefined) return;
  if (given !== null && found === null) errors.push(userError('NOT_FOUND', `There is no such ${field}.`, [field]));
  patch[column] = found;
}

/** The name to show when none is given: a person's names or an organisation's. */
export function nameFromParts(patch: Patch): string {
  return String(patch.legalName ?? '') || [patch.givenName, patch.familyName].filter(Boolean).join(' ');
}
