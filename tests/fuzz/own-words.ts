// Words of the fuzzed workspaces' own: rows of the same ids in both, whose keys have changed places, so that a key that is
// looked up without the workspace finds a row that others here point to.
import type { Random } from './random.ts';
import { orNull, text } from './samples.ts';

const MANY = 3;

type Make = (model: WordModel, many: number, row: (i: number) => Record<string, unknown>) => Promise<{ id: string }[]>;
type WordModel = 'Channel' | 'InteractionKind' | 'RelationshipKind' | 'LifecycleStage';

const more: Record<WordModel, (random: Random, i: number) => Record<string, unknown>> = {
  Channel: () => ({}),
  InteractionKind: () => ({}),
  RelationshipKind: (random) => ({ inverseName: text(random), acyclic: false, exclusive: random.chance(0.5) }),
  LifecycleStage: (random, i) => ({ position: i, returnable: random.chance(0.5) }),
};

/** Adds words of each kind; answers their ids. `shift` tells the workspaces apart. */
export async function makeOwnWords(make: Make, random: Random, shift: number, stamps: () => object): Promise<Record<WordModel, string[]>> {
  const made = {} as Record<WordModel, string[]>;
  for (const model of Object.keys(more) as WordModel[]) {
    const rows = await make(model, MANY, (i) => ({
      key: `own_${(i + shift) % MANY}`,
      name: text(random),
      description: orNull(random, text(random)),
      ...more[model](random, i),
      ...stamps(),
    }));
    made[model] = rows.map(({ id }) => id);
  }
  return made;
}
