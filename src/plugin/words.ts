// The words that plugins are written with, from what their host itself checks by: nothing here can be out of date.
import '../modules/all.ts';
import { knownSubjects } from '../auth/permissions.ts';
import { allCommands } from '../commands/command.ts';
import { columnsOf } from '../db/models.ts';
import { coreEventTypes } from '../events/index.ts';
import { allEntities, type Entity } from '../query/entity.ts';
import { capabilityWords } from './capabilities.ts';
import { shownEntity } from './parts/schema/types.ts';

export type EventWords = {
  /** What their data are of: `customer`. */
  noun: string;
  types: string[];
  /** The capability without which `data` are empty. */
  needs: string | null;
  /** What `data.before` and `data.after` may hold: ids are UUIDs. */
  fields: string[];
};

export type PluginWords = {
  capabilities: { name: string; about: string }[];
  /** For `read:` and `write:`, with the types that they are about. */
  subjects: { name: string; types: string[] }[];
  /** Core types that fields can be added to, and that `arg.id` and `v.record` name. */
  types: string[];
  events: EventWords[];
  /** What can be guarded, and called by `ctx.command` with the capability `needs`; null: not by plugins. */
  commands: { name: string; needs: string | null }[];
};

/** All words of the core, each list in the order of its names. */
export function pluginWords(): PluginWords {
  const subjects = knownSubjects.filter((subject) => subject !== 'recognise').toSorted();
  const shown = allEntities().filter(({ name }) => shownEntity(name) !== undefined);
  return {
    capabilities: Object.entries(capabilityWords).map(([name, about]) => ({ name, about })),
    subjects: subjects.map((name) => ({ name, types: namesOf(shown.filter(({ subject }) => subject === name)) })),
    types: namesOf(shown),
    events: Object.entries(Object.groupBy(coreEventTypes, (type) => about[type] ?? type.split('.')[0]!))
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([noun, types]) => eventWords(noun, types ?? [])),
    commands: allCommands()
      // Those of plugins are for callers.
      .filter(({ permission }) => knownSubjects.some((subject) => subject === permission.split(':')[0]))
      .map(({ name, permission }) => ({ name, needs: capabilityOf(permission) })),
  };
}

/** `customers:write` is declared as `write:customers`. */
function capabilityOf(permission: string): string | null {
  const [subject, action] = permission.split(':');
  return action === 'read' || action === 'write' ? `${action}:${subject}` : null;
}

const namesOf = (entities: readonly Entity[]): string[] => entities.map(({ name }) => name).toSorted();

/** Those whose data are of another record than their names say. */
const about: Record<string, string> = { 'segment.entered': 'segment_membership', 'segment.left': 'segment_membership' };

function eventWords(noun: string, types: string[]): EventWords {
  const name = noun.replaceAll(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  const entity = allEntities().find((one) => one.name === name);
  return {
    noun,
    types: types.toSorted(),
    needs: entity ? `read:${entity.subject}` : null,
    fields: entity ? toldOf(entity) : [],
  };
}

const untold = new Set(['workspaceId', 'version', 'createdAt', 'updatedAt']);

/** The columns that an entity shows, by the properties that rows and events have. */
function toldOf({ name, fields, relations = {}, money = {}, externalRef }: Entity): string[] {
  const shown = new Set<string>([
    ...fields,
    ...Object.values(relations).flatMap((relation) => ('one' in relation ? [relation.key] : [])),
    ...Object.values(money).flatMap(({ amount, currency }) => [amount, currency]),
    ...(externalRef ? [externalRef.system, externalRef.id] : []),
  ]);
  return columnsOf(name)
    .map((column) => column.name)
    .filter((property) => shown.has(property) && !untold.has(property));
}
