// A world with three kinds of ties: `subsidiary_of` (acyclic, exclusive), `supplies` (acyclic) and `knows`.
import { encodeId } from '../../src/graphql/ids.ts';
import { relationshipCreate, relationshipsUpsert } from '../../src/modules/relationships/index.ts';
import { createWorld, type World } from './command-world.ts';

export type TieWorld = World & {
  /** Makes a tie between customers; its id is empty where it was refused. */
  tie(kind: string, from: string, to: string, more?: object): Promise<{ id: string; errors: string[] }>;
  upsert(rows: object[], more?: object): Promise<string[]>;
};

/** A customer as an input names it. */
export const ref = (customerId: string) => ({ id: encodeId('Customer', customerId) });
export const tieId = (uuid: string) => encodeId('Relationship', uuid);
/** A row of a bulk call. */
export const row = (kind: string, from: string, to: string, more: object = {}) => ({ kind, from: ref(from), to: ref(to), ...more });

export async function createTieWorld(): Promise<TieWorld> {
  const world = await createWorld();
  const names = { name: 'goes to', inverseName: 'comes from' };
  await world.add('RelationshipKind', { key: 'subsidiary_of', ...names, acyclic: true, exclusive: true });
  await world.add('RelationshipKind', { key: 'supplies', ...names, acyclic: true });
  await world.add('RelationshipKind', { key: 'knows', ...names });
  return {
    ...world,
    tie: async (kind, from, to, more = {}) => {
      const { result, errors } = await world.run(relationshipCreate, row(kind, from, to, more));
      return { id: result?.id ?? '', errors };
    },
    upsert: (rows, more) => world.bulk(relationshipsUpsert, rows, more),
  };
}
