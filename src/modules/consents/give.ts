// Writing down what customers agree to. The record of a consent stays when it is withdrawn: it proves what held when.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { dateTime, input, key, longText, oneOf, text } from '../../commands/fields.ts';
import { insertRows } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { type LegalBasis, LegalBasisValues } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import './consents.entity.ts';

export type GivenConsent = {
  purpose: string;
  legalBasis?: LegalBasis | null;
  source?: string | null;
  wording?: string | null;
  givenAt?: Date | null;
};

export const consentFields = {
  purpose: key('What it is for, for example `newsletter`.'),
  legalBasis: oneOf('LegalBasis', LegalBasisValues, 'Why the law allows it; CONSENT unless told.').nullish(),
  source: text('Where it was given, for example the address of a form.', 500).nullish(),
  wording: longText('What the customer agreed to, in the words that were shown.', 10_000).nullish(),
  givenAt: dateTime('When it was given; now unless told. Not in the future.').nullish(),
};

/** A consent, as a part of another input. */
export const consentInput = input('ConsentInput', 'What the customer agrees to.', consentFields);

/** Refuses with IN_FUTURE at `path`. */
export function checkGiven(ctx: CommandContext, given: GivenConsent, path: (string | number)[] = []): void {
  if (given.givenAt && given.givenAt > ctx.now) reject('IN_FUTURE', 'A consent cannot be given in the future.', [...path, 'givenAt']);
}

/** Writes a consent of a locked customer; the same one that holds already is kept. Answers its id. */
export async function giveConsent(
  ctx: CommandContext,
  customerId: string,
  given: GivenConsent,
  leadId: string | null = null,
): Promise<string> {
  const { purpose, legalBasis, source = null, wording = null, givenAt } = given;
  const basis = legalBasis ?? 'CONSENT';
  const [known] = await ctx.tx.query<{ id: string }>(sql`select id from consents where workspace_id = ${ctx.workspaceId}::uuid
    and customer_id = ${customerId}::uuid and purpose = ${purpose} and status = 'GRANTED' and legal_basis = ${basis}::legal_basis
    and wording is not distinct from ${wording} and source is not distinct from ${source} limit 1`);
  if (known) return known.id;
  const after = { leadId, purpose, status: 'GRANTED' as const, legalBasis: basis, source, wording, givenAt: givenAt ?? ctx.now };
  const made = newId();
  await insertRows(ctx.tx, 'Consent', [
    { workspaceId: ctx.workspaceId, id: made, customerId, ...after, createdAt: ctx.now, updatedAt: ctx.now },
  ]);
  ctx.emit({ type: 'consent.given', subjectType: 'Consent', subjectId: made, customerId, data: { after } });
  return made;
}
