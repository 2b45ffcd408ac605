// Stored rules back in the form in which they are written: keys and TypeIDs in place of UUIDs.
import type { Queryable } from '../../db/database.ts';
import type { JsonValue } from '../../db/models.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { hasKey, lookUp, mapReferences, type Reference, referencesOf } from './references.ts';
import type { StoredRule } from './types.ts';

/** The rules as the input takes them; one statement for all of them, none where they refer to nothing. */
export async function writtenRules(db: Queryable, workspaceId: string, rules: StoredRule[]): Promise<JsonValue[]> {
  const references = rules.flatMap((rule) => referencesOf(rule)).filter(({ target }) => hasKey(target) && target !== 'PartyRole');
  const known = new Map((await lookUp(db, workspaceId, references, 'id')).map(({ target, id, key }) => [`${target} ${id}`, key!]));
  const write = ({ target, value }: Reference): string => {
    if (!hasKey(target)) return encodeTypeId(target.toLowerCase(), value);
    return known.get(`${target} ${value}`) ?? value;
  };
  return rules.map((rule) => mapReferences(rule, [], write));
}
