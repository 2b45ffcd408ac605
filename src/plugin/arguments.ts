// The arguments and inputs that plugins declare: zod schemas that also say which GraphQL type they are.
import { z } from 'zod';
import { bool, date, dateTime, decimal, float, id, int, key, longText, money, text } from '../commands/fields.ts';
import type { Value } from './values.ts';

/** Each is required unless it is followed by `.nullish()`, `.optional()` or `.default(…)`. */
export const arg = {
  /** Short text: trimmed, not empty, at most 200 characters unless told. */
  text,
  /** Text as written. */
  longText,
  /** A stable key: lower-case letters, digits, `_`, `.` and `-`. */
  key,
  /** The id of a core record such as a `Customer`: sent as the API writes it, and given as a UUID. */
  id,
  bool,
  /** A whole number, not negative unless told. */
  int,
  float,
  /** An exact number as text, with four places. */
  decimal,
  money,
  /** Given as a `Date`. */
  dateTime,
  /** `2026-11-23` */
  date,
  /** A value of an enum that `schema.enum` gave. */
  oneOf<E extends string>(of: Value<E>, description: string) {
    if (!of.values) throw new Error(`${of.type} is no enum of this plugin`);
    return z.enum(of.values as [E, ...E[]]).meta({ gql: of.type, description });
  },
  /** Several, at most 100 unless told. */
  list<T extends z.ZodType>(of: T, description: string, most = 100) {
    return z.array(of).max(most, `At most ${most}.`).meta({ description });
  },
} as const;
