// Building blocks of command inputs: zod schemas that also say which GraphQL input they are (graphql/zod-inputs.ts reads the metadata).
import { z } from 'zod';
import { tryDecodeId } from '../graphql/ids.ts';
import { isCountry, isCurrency } from '../lib/iso-codes.ts';
import { decodeTypeId } from '../lib/typeid.ts';
import { ATTRIBUTE_KEY } from '../query/attribute-filter.ts';

export type InputMeta = {
  /** Name of the GraphQL scalar, enum or input type. */
  gql?: string;
  description?: string;
  oneOf?: boolean;
};

/** Short text: trimmed, not empty, at most `max` characters. */
export function text(description: string, max = 200) {
  return z
    .string()
    .trim()
    .min(1, 'Must not be empty.')
    .max(max, `At most ${max} characters.`)
    .refine((value) => !value.includes('\0'), { message: 'Must not contain NUL.', params: { code: 'INVALID_TEXT' } })
    .meta({ description });
}

/** Text as written, at most `max` characters. */
export function longText(description: string, max = 100_000) {
  return z
    .string()
    .max(max, `At most ${max} characters.`)
    .refine((value) => !value.includes('\0'), { message: 'Must not contain NUL.', params: { code: 'INVALID_TEXT' } })
    .meta({ description });
}

/** A stable key of a vocabulary entry: `order_placed`. */
export function key(description: string) {
  return z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'A key has lower-case letters, digits, _ . and -, at most 63.')
    .meta({ description });
}

export function attributeKey(description: string) {
  return z
    .string()
    .regex(ATTRIBUTE_KEY, 'An attribute key has lower-case letters, digits and _, and begins with a letter.')
    .meta({ description });
}

/** An id of one entity, as a UUID for the command. */
export function id(entity: string, description: string) {
  return z
    .string()
    .transform((value, context) => {
      const uuid = tryDecodeId(value, entity);
      if (uuid) return uuid;
      const known = decodeTypeId(value);
      context.addIssue({
        code: 'custom',
        message: known ? `This is the id of another type, not of a ${entity}.` : `This is not the id of a ${entity}.`,
        params: { code: 'ID_INVALID' },
      });
      return z.NEVER;
    })
    .meta({ gql: 'ID', description });
}

export const bool = (description: string) => z.boolean().meta({ description });
export const int = (description: string, min = 0, max = 2_147_483_647) =>
  z.number().int().min(min, `At least ${min}.`).max(max, `At most ${max}.`).meta({ gql: 'Int', description });
export const float = (description: string, min: number, max: number) =>
  z.number().min(min, `At least ${min}.`).max(max, `At most ${max}.`).meta({ gql: 'Float', description });
export const dateTime = (description: string) => z.date().meta({ gql: 'DateTime', description });
export const date = (description: string) => z.string().meta({ gql: 'Date', description });
/** An ISO 3166-1 alpha-2 country. */
export const country = (description: string) =>
  z
    .string()
    .refine(isCountry, { message: 'Not an ISO 3166-1 country such as GB.', params: { code: 'COUNTRY_INVALID' } })
    .meta({ gql: 'CountryCode', description });
/** An ISO 4217 currency. */
export const currency = (description: string) =>
  z
    .string()
    .refine(isCurrency, { message: 'Not an ISO 4217 currency such as EUR.', params: { code: 'CURRENCY_INVALID' } })
    .meta({ gql: 'CurrencyCode', description });

/** An exact amount in the form in which numeric(19,4) answers it, so that equal amounts are equal texts: `1.5` -> `1.5000`. */
export function decimal(description: string) {
  return z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,4})?$/, 'A decimal number has at most 15 digits before and 4 after the point.')
    .transform((written) => {
      const [, minus, whole, fraction = ''] = /^(-?)0*(\d+)(?:\.(\d+))?$/.exec(written)!;
      const amount = `${whole}.${fraction.padEnd(4, '0')}`;
      return minus && /[1-9]/.test(amount) ? `-${amount}` : amount;
    })
    .meta({ gql: 'Decimal', description });
}

export const version = () => int('Change only when the record still has this version; VERSION_CONFLICT otherwise.', 1).nullish();

/** One of the values of a model enum. */
export function oneOf<const V extends readonly [string, ...string[]]>(enumName: string, values: V, description: string) {
  return z.enum(values).meta({ gql: enumName, description });
}

/** An input object type. Unknown fields are refused. */
export function input<const S extends z.ZodRawShape>(name: string, description: string, shape: S) {
  return z.strictObject(shape).meta({ gql: name, description });
}

/** An input of which exactly one field is given (`@oneOf`). */
export function oneOfInput<const S extends z.ZodRawShape>(name: string, description: string, shape: S) {
  return z.strictObject(shape).meta({ gql: name, description, oneOf: true });
}

/** An IANA time zone. */
export function timeZone(description: string) {
  return z
    .string()
    .refine((value) => isTimeZone(value), {
      message: 'Not an IANA time zone such as Europe/London.',
      params: { code: 'TIME_ZONE_INVALID' },
    })
    .meta({ description });
}

const knownZones = new Set(Intl.supportedValuesOf('timeZone'));

// The list holds each zone under one name; an alias such as `UTC` or `Asia/Calcutta` is found by trying, which is slow.
function isTimeZone(value: string): boolean {
  if (knownZones.has(value)) return true;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
}

/** A BCP 47 language tag, in canonical form. */
export function language(description: string) {
  return z
    .string()
    .transform((value, context) => {
      try {
        return Intl.getCanonicalLocales(value)[0]!;
      } catch {
        context.addIssue({ code: 'custom', message: 'Not a language tag such as en-GB.', params: { code: 'LANGUAGE_INVALID' } });
        return z.NEVER;
      }
    })
    .meta({ description });
}

export const money = (description: string) =>
  input('MoneyInput', 'An amount in a currency.', {
    amount: decimal('The amount, exact.'),
    currency: currency('The currency; that of the workspace unless told.').optional() as unknown as ReturnType<typeof currency>,
  }).meta({ gql: 'MoneyInput', description });

export const externalRef = (description: string) =>
  input('ExternalRefInput', 'The id of a thing in another system.', {
    system: text('Name of the other system.', 100),
    value: text('The id there.', 500),
  }).meta({ gql: 'ExternalRefInput', description });
