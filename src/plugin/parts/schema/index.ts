// The capability `schema`: what a plugin adds to the API. Everything is checked when it is said, so that a mistake stops the
// start with the plugin's id, and not somebody's request.
import type { SchemaHost } from '../../host-schema.ts';
import type { PartMaker } from '../../loaded.ts';
import { addField } from './field.ts';
import { addMutation } from './mutation.ts';
import { addQuery } from './query.ts';
import { addSubscription } from './subscription.ts';
import { addEnum, addType, type OwnTypes } from './types.ts';

export const schemaPart: PartMaker<SchemaHost<string>> = (plugin) => {
  const own: OwnTypes = new Map();
  return {
    type: (name, type) => addType(plugin, own, name, type),
    enum: (name, type) => addEnum(plugin, own, name, type),
    field: (type, name, field) => addField(plugin, own, type, name, field as never),
    query: (name, field) => addQuery(plugin, own, name, field as never),
    mutation: (name, field) => addMutation(plugin, own, name, field as never),
    subscription: (name, field) => addSubscription(plugin, own, name, field as never),
  };
};
