// What plugins import as `trato/plugin`.

export { default as sql, empty, join, raw } from 'sql-template-tag';
export { z } from 'zod';
export { arg } from './arguments.ts';
export type { Capability } from './capabilities.ts';
export * from './contexts.ts';
export { definePlugin, PLUGIN_API_VERSION, type Plugin, type PluginDefinition } from './definition.ts';
export type * from './host.ts';
export type * from './host-channels.ts';
export type * from './host-schema.ts';
export type * from './host-strategies.ts';
export { typeId, uuidOf } from './ids.ts';
export { PermanentFailure } from './permanent-failure.ts';
export * from './signatures.ts';
export { type Money, type Value, type ValueOf, v } from './values.ts';
