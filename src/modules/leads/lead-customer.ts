// Whose lead it is: recognised by any of its identities, or made.
import type { z } from 'zod';
import type { BulkOutcome } from '../../commands/bulk.ts';
import { type CommandContext, RolledBack } from '../../commands/command.ts';
import { id, input } from '../../commands/fields.ts';
import { strategiesOf } from '../../commands/strategies.ts';
import { UserErrors } from '../../commands/user-errors.ts';
import type { IdentityKind } from '../../db/models.ts';
import {
  type CustomerRef,
  customersUpsert,
  matchedCustomer,
  requireCustomer,
  resolveCustomerRefs,
  workspaceCountry,
} from '../customers/index.ts';

export type LeadCustomer = {
  id?: string | null;
  externalId?: { system: string; value: string } | null;
  identities?: { kind: IdentityKind; system?: string | null; value: string }[] | null;
} & { [field: string]: unknown };

// In the words of the upsert of customers, so that there is one way to describe one.
const fields = (customersUpsert.input as unknown as z.ZodObject<{ rows: z.ZodArray<z.ZodObject<z.ZodRawShape>> }>).shape.rows.element.shape;
const taken = [
  'externalId',
  'identities',
  'kind',
  'displayName',
  'givenName',
  'familyName',
  'legalName',
  'language',
  'country',
  'region',
  'city',
  'postalCode',
];

export const leadCustomerInput = input('LeadCustomerInput', 'Who is interested. Somebody known stays as known, but for new identities.', {
  id: id('Customer', 'Id of somebody known; otherwise give an external id or identities.').nullish(),
  ...(Object.fromEntries(taken.map((name) => [name, fields[name]])) as Record<string, z.ZodType>),
});

/** The UUID of the customer, locked: recognised or made. Refuses with what is wrong below `path`. */
export async function leadCustomer(ctx: CommandContext, given: LeadCustomer, path: string[]): Promise<string> {
  const { id: known, externalId, identities, ...described } = given;
  if (known) return requireCustomer(ctx, { id: known }, [...path, 'id']);
  const refs: CustomerRef[] = [
    ...(externalId ? [{ externalId }] : []),
    ...(identities ?? []).map(({ kind, system, value }) => ({ identity: { kind, system: system ?? null, value } })),
  ];
  const found = await resolveCustomerRefs(ctx, refs, { create: false });
  const isKnown = found.some((one) => 'id' in one || one.error.code === 'NOT_VISIBLE');
  if (!isKnown && strategiesOf('IDENTITY_MATCH').length > 0) {
    const country = (described.country as string | null | undefined) ?? (await workspaceCountry(ctx));
    const matched = await matchedCustomer(ctx, refs, country);
    if (matched) return matched;
  }
  const row = { externalId, identities, ...(isKnown ? {} : described) };
  const [result] = (await upserted(ctx, row, path)).results;
  return result!.id!;
}

async function upserted(ctx: CommandContext, row: object, path: string[]): Promise<BulkOutcome> {
  try {
    return await customersUpsert.run(ctx, { rows: [row], onError: 'ABORT', dryRun: false });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    const [refused] = (error.result as BulkOutcome).results;
    throw new UserErrors(refused!.userErrors.map((one) => ({ ...one, path: [...path, ...one.path.slice(2)] })));
  }
}
