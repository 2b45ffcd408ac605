// What a plugin may ask for. Whatever it has not declared it does not get: its host lacks it.
import type { knownSubjects } from '../auth/permissions.ts';

/** The capabilities that are one word each, with what they let a plugin do. */
export const capabilityWords = {
  schema: 'Add fields to core types, and types, queries, mutations and subscriptions of its own.',
  attributes: 'Define custom attributes on core records.',
  tables: 'Have tables of its own, in a PostgreSQL schema of its own.',
  events: 'Handle events of the log.',
  guards: 'Look at commands before they run, and veto them.',
  strategies: 'Score leads, match identities and assign owners.',
  channels: 'Send and receive messages.',
  schedules: 'Do work at intervals.',
  http: 'Answer HTTP requests below /plugins/<id>/.',
  network: 'Send HTTP requests to public addresses.',
} as const;

export type CapabilityWord = keyof typeof capabilityWords;

/** What permissions of the core are about: `trato plugin words` tells what each stands for. */
export type Subject = Exclude<(typeof knownSubjects)[number], 'recognise'>;

/** A word, or a permission of the core under which the plugin itself reads or writes: `read:customers`, `write:interactions`. */
export type Capability = CapabilityWord | `read:${Subject}` | `write:${Subject}`;
