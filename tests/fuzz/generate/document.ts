// One generated operation, with two sets of variables.
import type { GraphQLSchema } from 'graphql';
import type { Random } from '../random.ts';
import type { Coverage } from './coverage.ts';
import { type Fragment, MAX_OBJECTS, type Maker } from './maker.ts';
import { otherValues } from './other-values.ts';
import type { Pools } from './pools.ts';
import { selectionOf } from './selection.ts';

export type Generated = {
  query: string;
  operationName: string | undefined;
  /** What it was made for, and something else that fits the types. */
  variables: [Record<string, unknown>, Record<string, unknown>];
};

/** Makes a document that fits the schema. */
export function generateDocument(parts: { random: Random; schema: GraphQLSchema; pools: Pools; coverage: Coverage }): Generated {
  const { random, schema } = parts;
  const maker: Maker = { ...parts, variables: [], fragments: [], left: random.pick([60, 200, MAX_OBJECTS]), names: 0 };
  const selection = selectionOf(maker, schema.getQueryType()!, new Map(), { depth: 1, objects: 1 });
  const used = usedFragments(maker.fragments, selection);
  const fragments = used.map(({ name, type, text }) => `fragment ${name} on ${type} { ${text} }`);
  // A part that did not fit in the end was left out, and with it perhaps a variable.
  maker.variables = maker.variables.filter(({ name }) => new RegExp(`\\$${name}\\b`).test([selection, ...fragments].join(' ')));
  const declared = maker.variables.map(
    ({ name, type, default: fallback }) => `$${name}: ${type}${fallback === null ? '' : ` = ${fallback}`}`,
  );
  const operation = `query Asked${declared.length === 0 ? '' : `(${declared.join(', ')})`} ${selection}`;
  const several = random.chance(0.04) ? ['query Other { __typename }'] : [];
  const variables = Object.fromEntries(maker.variables.filter((one) => one.default === null).map(({ name, value }) => [name, value]));
  return {
    query: [...(random.chance(0.3) ? [...fragments, operation] : [operation, ...fragments]), ...several].join('\n'),
    operationName: several.length > 0 || random.chance(0.1) ? 'Asked' : undefined,
    variables: [variables, otherValues(maker)],
  };
}

/** The fragments that the selection spreads, itself or through others. */
function usedFragments(fragments: Fragment[], selection: string): Fragment[] {
  const used = new Set<Fragment>();
  const visit = (text: string): void => {
    for (const [, name] of text.matchAll(/\.\.\.(\w+)/g)) {
      const found = fragments.find((fragment) => fragment.name === name);
      if (!found || used.has(found)) continue;
      used.add(found);
      visit(found.text);
    }
  };
  visit(selection);
  return [...used];
}
