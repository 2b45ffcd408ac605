// The fields of a relationship in inputs, and how they become columns.
import { date, externalRef, key, text } from '../../commands/fields.ts';
import { type CustomerRef, customerRef } from '../customers/index.ts';
import type { TieFields } from './write-ties.ts';

export const tieFields = {
  title: text('Role or title in the tie, for example a position in a company.').nullish(),
  since: date('First day of the tie.').nullish(),
  until: date('Last day of the tie; once it has passed, the tie is no longer active.').nullish(),
  externalRef: externalRef('Its id in another system.').nullish(),
};

export const endFields = {
  kind: key('Key of the kind of tie.'),
  from: customerRef('The first customer: who works at, is a subsidiary of …'),
  to: customerRef('The second customer: the employer, the parent …'),
};

export type TieInput = {
  title?: string | null;
  since?: string | null;
  until?: string | null;
  externalRef?: { system: string; value: string } | null;
};
export type EndsInput = { kind: string; from: CustomerRef; to: CustomerRef };

/** The columns that the fields give: absent ones are undefined, null clears. */
export function toTieFields({ title, since, until, externalRef: ref }: TieInput): TieFields {
  const given: TieFields = {};
  if (title !== undefined) given.title = title;
  if (since !== undefined) given.since = since;
  if (until !== undefined) given.until = until;
  if (ref !== undefined) Object.assign(given, { externalSystem: ref?.system ?? null, externalId: ref?.value ?? null });
  return given;
}
