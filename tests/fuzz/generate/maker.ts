// What the parts of the generator share while they make one document.
import type { GraphQLSchema } from 'graphql';
import type { Random } from '../random.ts';
import type { Coverage } from './coverage.ts';
import type { Pools } from './pools.ts';

/** The response names of one selection, with what stands behind each: equal names must mean equal things. */
export type Scope = Map<string, { means: string; child: Scope }>;

export type Variable = { name: string; type: string; value: unknown; default: string | null };
export type Fragment = { name: string; type: string; text: string; scope: Scope; rows: number; depth: number };

export type Maker = {
  random: Random;
  schema: GraphQLSchema;
  pools: Pools;
  coverage: Coverage;
  variables: Variable[];
  fragments: Fragment[];
  /** How many objects the document may still ask for, about. */
  left: number;
  /** Rises with each name that is made up. */
  names: number;
};

export const MAX_DEPTH = 12;
/** How many objects a document asks for at most, about. */
export const MAX_OBJECTS = 500;
