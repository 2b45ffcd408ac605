// The capability `attributes`: custom attributes that every workspace gets, under the plugin's prefix.

import type { Transaction } from '../../db/database.ts';
import { defineEventHandler, defineSchedule } from '../../jobs/index.ts';
import type { AttributesHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { type Attribute, ensureAttributes } from '../own-attributes.ts';

const AGAIN_MS = 3_600_000;
const keyPattern = /^[a-z][a-z0-9_]{0,29}$/;

export const attributesPart: PartMaker<AttributesHost> = (plugin) => {
  const attributes: Attribute[] = [];
  plugin.prepare.push(async (db) => void (await ensureAttributes(db, attributes)));
  // Workspaces that are made while the server runs have them at once; the schedule is for those made while it starts.
  const name = `plugin.${plugin.id}.attributes`;
  const handle = (tx: Transaction) => ensureAttributes(tx, attributes);
  defineEventHandler({ name: `${name}.workspaces`, types: ['workspace.created'], handle });
  defineSchedule({ name: `${name}.schedule`, everyMs: AGAIN_MS, run: (db) => ensureAttributes(db, attributes) });
  return {
    define(entity, { key, ...attribute }) {
      if (!keyPattern.test(key))
        throw new Error(`the attribute "${String(key).slice(0, 60)}" has lower-case letters, digits and _, at most 30`);
      const full = { ...attribute, entity, key: `${plugin.names.snake}_${key}` };
      if (attributes.some((other) => other.entity === entity && other.key === full.key))
        throw new Error(`there are two attributes ${key} of ${entity}`);
      attributes.push(full);
      plugin.added.push({ kind: 'ATTRIBUTE', name: `${entity}.${full.key}` });
    },
  };
};
