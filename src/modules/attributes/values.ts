// Values of custom attributes: what each type takes, and the one form in which it is kept.
import type { AttributeType, JsonValue } from '../../db/models.ts';
import { isDay, scalars } from '../../graphql/scalars.ts';
import type { Definition } from './definitions.ts';

export const MAX_TEXT = 1000;
/** Longest text of an indexed attribute: four bytes a character still fit a B-tree entry of 2,704 bytes. */
export const MAX_INDEXED_TEXT = 500;

/** The value to keep (undefined: none), or what is wrong with the one given. */
export type Checked = { value: JsonValue | undefined } | { code: 'ATTRIBUTE_TYPE' | 'ATTRIBUTE_OPTION'; message: string };

const wrong = (message: string): Checked => ({ code: 'ATTRIBUTE_TYPE', message });
const kept = (value: JsonValue | undefined): Checked => ({ value });

/** Checks and normalises one value; it is not null. */
export function checkValue(definition: Definition, value: unknown): Checked {
  return checks[definition.type](value, definition);
}

const checks: Record<AttributeType, (value: unknown, definition: Definition) => Checked> = {
  TEXT: checkText,
  NUMBER: (value) => (typeof value === 'number' && Number.isFinite(value) ? kept(value === 0 ? 0 : value) : wrong('Expected a number.')),
  BOOLEAN: (value) => (typeof value === 'boolean' ? kept(value) : wrong('Expected true or false.')),
  DATE: (value) => (typeof value === 'string' && isDay(value) ? kept(value) : wrong('Expected a day of the calendar such as 2026-01-31.')),
  DATE_TIME: checkMoment,
  SELECT: (value, definition) =>
    typeof value !== 'string'
      ? wrong('Expected one of the options.')
      : definition.options.has(value)
        ? kept(value)
        : badOption(value, definition),
  MULTI_SELECT: checkOptions,
};

function checkText(value: unknown, { indexed }: Definition): Checked {
  if (typeof value !== 'string') return wrong('Expected a text.');
  const max = indexed ? MAX_INDEXED_TEXT : MAX_TEXT;
  if (value.length > max) return wrong(`Expected a text of at most ${max} characters.`);
  // What jsonb cannot hold.
  if (value.includes('\0') || !value.isWellFormed()) return wrong('The text holds a character that cannot be kept.');
  return kept(value);
}

function checkMoment(value: unknown): Checked {
  const message = 'Expected a moment with its offset such as 2026-01-31T09:30:00Z.';
  if (typeof value !== 'string') return wrong(message);
  try {
    const moment = (scalars.DateTime.parseValue(value) as Date).toISOString();
    // Before the year 0 and after 9999 the text would no longer sort by time.
    return moment.length === 24 ? kept(moment) : wrong(message);
  } catch {
    return wrong(message);
  }
}

function checkOptions(value: unknown, definition: Definition): Checked {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) return wrong('Expected a list of options.');
  const bad = (value as string[]).find((one) => !definition.options.has(one));
  if (bad !== undefined) return badOption(bad, definition);
  return kept(value.length === 0 ? undefined : [...new Set(value as string[])].sort());
}

function badOption(value: string, { options }: Definition): Checked {
  const some = [...options].slice(0, 20).join(', ');
  return { code: 'ATTRIBUTE_OPTION', message: `"${value.slice(0, 60)}" is none of the options: ${some}${options.size > 20 ? ', …' : ''}.` };
}
