// The names that `changed` takes: those of `Event.data`, as far as the role is shown them.
import sql, { join, type Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import { apiError } from '../../graphql/errors.ts';
import { allEntities, type Entity } from '../../query/entity.ts';
import { mayRead } from '../../query/policy.ts';
import { modelOf } from '../../query/sql.ts';
import { elsewhere, hides, hidesIdentities, stored } from './present.ts';

/** Throws BAD_USER_INPUT for a name that no entity of these has which the role may read, FORBIDDEN for one that the role hides in all of them. */
export function requireKnownFields(viewer: Viewer, names: readonly string[] | null | undefined, entities: Entity[] = allEntities()): void {
  if (!names?.length) return;
  const readable = entities.filter((entity) => mayRead(viewer, entity));
  for (const name of names) {
    const having = readable.filter((entity) => has(entity, name));
    if (having.length === 0) {
      const hint = keyOf(readable, name);
      throw apiError(
        'BAD_USER_INPUT',
        `There is no field ${JSON.stringify(name.slice(0, 60))} that events tell of${hint ? `: they say ${JSON.stringify(hint)}` : ''}.`,
      );
    }
    if (having.every((entity) => hides(viewer, entity, name)))
      throw apiError('FORBIDDEN', `The role does not see the field ${JSON.stringify(name.slice(0, 60))}.`);
  }
}

/** The predicate on events (alias `e`) that one of these names is told as changed; a hidden field's change stays unknown. */
export function changedVisibly(viewer: Viewer, names: readonly string[]): Sql {
  const told = (name: string) => sql`(jsonb_exists(e.data -> 'before', ${name}) or jsonb_exists(e.data -> 'after', ${name}))`;
  const parts = names.map((name) => {
    const hiding = allEntities().filter((entity) => has(entity, name) && hides(viewer, entity, name));
    const silent = hiding.map((entity) => entity.name);
    const noIdentities = hidesIdentities(viewer) || silent.includes('Identity');
    return sql`(${told(name)} and (case when e.type like 'identity.%' then ${!noIdentities}::boolean else e.subject_type <> all(${silent}::text[]) end))`;
  });
  return parts.length === 0 ? sql`false` : sql`(${join(parts, ' or ')})`;
}

/** Whether events may tell of a field of that name: a column, or what events tell besides. */
function has(entity: Entity, name: string): boolean {
  if (stored.has(name)) return false;
  const { columns, relations } = modelOf(entity.name);
  const isList = Object.hasOwn(relations, name) && !relations[name]!.owning;
  return Object.hasOwn(columns, name) || isList || `${entity.name}.${name}` in elsewhere;
}

/** By what name events tell of another record that one of these entities refers to by this one: `owner` is told as `ownerId`. */
function keyOf(entities: readonly Entity[], name: string): string | undefined {
  const having = entities.filter(({ name: model }) => Object.hasOwn(modelOf(model).relations, name));
  return having.map((entity) => modelOf(entity.name).relations[name]!.fields.at(-1)).find((key) => key !== undefined && key !== 'id');
}
