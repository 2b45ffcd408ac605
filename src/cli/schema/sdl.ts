// The API's schema as text, and the judgement about the committed copy.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BreakingChange, printSchema } from 'graphql';
import { printableSchema } from '../../graphql/schema.ts';
import { failure } from '../failure.ts';
import { allow, readAllowed, textOf, unallowedChanges } from './breaking.ts';
import { previousText } from './previous.ts';

/** The whole schema as SDL, in an order that does not depend on the code's. */
export function currentSdl(): string {
  return `${printSchema(printableSchema())}\n`;
}

/** The list of decided breaks that belongs to a schema file. */
export function allowListOf(file: string): string {
  return join(dirname(file), 'allowed-breaking-changes.json');
}

/**
 * Writes the schema to `file`. Throws SCHEMA_BREAKS where that would break a consumer of the schema that is there, unless
 * the change is in the list or `reason` has it added.
 */
export function writeSdl(file: string, reason?: string): void {
  const text = currentSdl();
  const breaks = existsSync(file) ? unallowedChanges(readFileSync(file, 'utf8'), text, readAllowed(allowListOf(file))) : [];
  if (breaks.length > 0) {
    if (!reason) throw breaking(breaks, file);
    allow(allowListOf(file), breaks, reason);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/**
 * Checks the schema in `file`. Throws SCHEMA_STALE where it is not what the code has, and SCHEMA_BREAKS where it breaks a
 * consumer of the one before (see `previousText`) without an entry in the list.
 */
export function checkSdl(file: string, against?: string): void {
  const text = currentSdl();
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    throw failure('SCHEMA_STALE', `${file} is stale`, { hint: 'Write it anew with: npm run -s schema' });
  }
  const before = previousText(file, against);
  if (against && before === null) throw failure('SCHEMA_UNKNOWN', `there is no ${file} at ${against}`);
  const breaks = before === null ? [] : unallowedChanges(before, text, readAllowed(allowListOf(file)));
  if (breaks.length > 0) throw breaking(breaks, file);
}

function breaking(breaks: BreakingChange[], file: string) {
  return failure('SCHEMA_BREAKS', `the API breaks its consumers: ${breaks.map(textOf).join(' ')}`, {
    hint: `Undo that, or decide it: npm run -s schema -- --allow "<reason>" adds it to ${allowListOf(file)}.`,
  });
}
