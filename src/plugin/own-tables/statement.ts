// Which statements a plugin may run. The role keeps them to the plugin's tables; what could put the role off is refused here.
import type { Statement } from '../../db/database.ts';

const first = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*(?:(?!\/\*)[\s\S])*?\*\/)*(select|insert|update|delete|with|merge|values)\b/i;
// `u&` writes names in escapes, in which these words would not be seen; the functions after it run statements from text.
const outOfReach = /set_config|pg_settings|\bu&["']|_to_xml|ts_stat|ts_rewrite|\bdblink/i;

// Locks by number are kept for one another by the whole database: a plugin could take those of the core, and keep them.
const noAdvisory = 'plugins take no advisory locks, which the core has for itself: lock a record by ctx.lock, or a row of an own table';
const advisory = /pg_(?:try_)?advisory/i;

/** Throws where a text takes advisory locks. */
export function assertNoAdvisory(text: string): void {
  if (advisory.test(text)) throw new Error(noAdvisory);
}

/** Throws unless it is one statement that reads or writes rows. */
export function checkStatement({ text }: Statement): void {
  if (!first.test(text))
    throw new Error('ctx.sql runs select, insert, update, delete, merge and values; all else belongs into a migration');
  if (/;(?!\s*$)/.test(text)) throw new Error('ctx.sql runs one statement: put text that holds a semicolon into a value');
  if (outOfReach.test(text)) throw new Error('ctx.sql does not run statements that change settings');
  assertNoAdvisory(text);
}
