// Identities in the form in which they are compared. The same e-mail or phone written in two ways is one identity.
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { bool, input, oneOf, text } from '../../commands/fields.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { type IdentityKind, IdentityKindValues } from '../../db/models.ts';
import { normaliseEmail } from '../../lib/email.ts';

/** An identity as somebody writes it. */
export type IdentityInput = {
  kind: IdentityKind;
  system?: string | null;
  value: string;
  verified?: boolean | null;
  primary?: boolean | null;
};

/** An identity in the form that is compared and stored. */
export type NormalIdentity = { kind: IdentityKind; system: string; value: string; original: string; verified: boolean; primary: boolean };

const kind = oneOf('IdentityKind', IdentityKindValues, 'What kind of identity it is.');
const system = text('The network, site or system it belongs to; not for e-mail and phone.', 100).nullish();
const value = text('The value, written in any usual way.', 500);

export const identityRefInput = input('IdentityRefInput', 'Names a customer by an identity.', { kind, system, value });
export const identityInput = input('IdentityInput', 'A way a customer is known.', {
  kind,
  system,
  value,
  verified: bool('Whether the customer proved to own it.').nullish(),
  primary: bool('Whether to prefer it among those of its kind.').nullish(),
});

/** E.164; numbers without a country prefix are read as of `country`. Null when no such number can exist. */
export function normalisePhone(written: string, country: string | null): string | null {
  const phone = parsePhoneNumberFromString(written, { ...(country ? { defaultCountry: country as CountryCode } : {}), extract: false });
  return phone?.isPossible() ? phone.number : null;
}

/** The comparable form of an identity, or what is wrong with it. */
export function normaliseIdentity(identity: IdentityInput, country: string | null): NormalIdentity | UserError {
  const original = identity.value.trim();
  const done = (normal: string, system = ''): NormalIdentity => ({
    kind: identity.kind,
    system,
    value: normal,
    original,
    verified: identity.verified ?? false,
    primary: identity.primary ?? false,
  });
  if (identity.kind === 'EMAIL' || identity.kind === 'PHONE') {
    if (identity.system) return userError('IDENTITY_SYSTEM', 'An e-mail address or phone number has no system.', ['system']);
    const normal = identity.kind === 'EMAIL' ? normaliseEmail(original) : normalisePhone(original, country);
    if (normal) return done(normal);
    return identity.kind === 'EMAIL'
      ? userError('EMAIL_INVALID', 'This is not an e-mail address.', ['value'])
      : userError('PHONE_INVALID', 'This is not a phone number; write it with its country prefix, such as +44 20 7946 0958.', ['value']);
  }
  const system = identity.system?.trim().toLowerCase() ?? '';
  if (!system && identity.kind !== 'WEB_VISITOR') return userError('IDENTITY_SYSTEM', 'This kind of identity needs a system.', ['system']);
  if (identity.kind !== 'SOCIAL') return done(original, system);
  const handle = original.replace(/^[@\s]+/, '').toLowerCase();
  return handle ? done(handle, system) : userError('HANDLE_INVALID', 'This is not a handle in a social network.', ['value']);
}

/** Whether normalising failed. */
export function isUserError(value: NormalIdentity | UserError): value is UserError {
  return 'code' in value;
}

/** One text per identity: equal texts are equal identities. */
export function identityKey(identity: { kind: string; system: string; value: string }): string {
  return `${identity.kind}\n${identity.system}\n${identity.value}`;
}

const preference: IdentityKind[] = ['EMAIL', 'SOCIAL', 'PHONE', 'EXTERNAL', 'WEB_VISITOR'];

/** A name to show for a customer of whom only identities are known. */
export function nameFromIdentities(identities: readonly NormalIdentity[]): string {
  const best = preference.flatMap((kind) => identities.filter((identity) => identity.kind === kind))[0];
  return best ? best.original.slice(0, 200) : '';
}
