// The capability `attributes`: custom attributes that every workspace gets, under the plugin's prefix.

import type { Database, Transaction } from '../../db/database.ts';
import { defineEventHandler, defineSchedule } from '../../jobs/index.ts';
import type { AttributesHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { type Attribute, attributeTypes, ensureAttributes, keepTypes } from '../own-attributes.ts';

const AGAIN_MS = 3_600_000;
const entities: readonly string[] = ['Customer', 'Interaction'];
const keyPattern = /^[a-z][a-z0-9_]{0,29}$/;

export const attributesPart: PartMaker<AttributesHost> = (plugin) => {
  const attributes: Attribute[] = [];
  const ensure = async (db: Database | Transaction, { starting = false } = {}) => {
    const problems = await ensureAttributes(db, attributes);
    const stops = problems.filter((problem) => starting && problem.stops);
    if (stops.length > 0) throw new Error(stops.map(({ reason }) => reason).join('; '));
    for (const { stops: _, ...fields } of problems)
      plugin.log.warn({ plugin: plugin.id, ...fields }, 'an attribute of a plugin is not as it should be');
  };
  plugin.prepare.push((db) => ensure(db, { starting: true }));
  keepTypes(plugin, attributes);
  // Workspaces that are made while the server runs have them at once; the schedule is for those made while it starts.
  const name = `plugin.${plugin.id}.attributes`;
  defineEventHandler({ name: `${name}.workspaces`, types: ['workspace.created'], handle: (tx) => ensure(tx) });
  defineSchedule({ name: `${name}.schedule`, everyMs: AGAIN_MS, run: (db) => ensure(db) });
  return {
    define(entity, { key, ...attribute }) {
      if (!keyPattern.test(key))
        throw new Error(`the attribute "${String(key).slice(0, 60)}" has lower-case letters, digits and _, at most 30`);
      assertAttribute(entity, key, attribute);
      const full = { ...attribute, entity, key: `${plugin.names.snake}_${key}` };
      if (attributes.some((other) => other.entity === entity && other.key === full.key))
        throw new Error(`there are two attributes ${key} of ${entity}`);
      attributes.push(full);
      plugin.added.push({ kind: 'ATTRIBUTE', name: `${entity}.${full.key}` });
    },
  };
};

/** What the types say of TypeScript, said in the host's words to plugins in JavaScript. */
function assertAttribute(
  entity: string,
  key: string,
  { name, description, type, options, indexed }: Omit<Attribute, 'entity' | 'key'>,
): void {
  const what = `the attribute ${key}`;
  if (!entities.includes(entity)) throw new Error(`${what} is of "${String(entity).slice(0, 60)}": one of ${entities.join(', ')}`);
  if (!attributeTypes.includes(type)) {
    throw new Error(`${what} has the type "${String(type).slice(0, 60)}", which there is not: one of ${attributeTypes.join(', ')}`);
  }
  for (const [word, text, most] of [
    ['a name', name, 200],
    ['a description', description, 2_000],
  ] as const) {
    if (typeof text !== 'string' || text.trim() === '' || text.length > most)
      throw new Error(`${what} needs ${word} of at most ${most} characters`);
  }
  if (indexed !== undefined && typeof indexed !== 'boolean') throw new Error(`${what}: indexed is true or false`);
  const given =
    Array.isArray(options) && options.length > 0 && options.every((option) => typeof option === 'string' && option.trim() !== '');
  if (type === 'OPTION' && !given) throw new Error(`${what} needs options: a list of texts`);
  if (type !== 'OPTION' && options !== undefined) throw new Error(`${what} has options, which only the type OPTION has`);
}
