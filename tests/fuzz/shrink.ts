// Makes a document smaller for as long as the answers still differ.
import { type ASTNode, type DocumentNode, type GraphQLSchema, getOperationAST, Kind, parse, print, validate, visit } from 'graphql';
import type { Viewer } from '../../src/auth/viewer.ts';
import type { Asked } from './engines.ts';

export type Case = { viewer: Viewer; asked: Asked };

const removable = new Set<string>([
  Kind.FIELD,
  Kind.ARGUMENT,
  Kind.DIRECTIVE,
  Kind.INLINE_FRAGMENT,
  Kind.FRAGMENT_SPREAD,
  Kind.OBJECT_FIELD,
  Kind.FRAGMENT_DEFINITION,
  Kind.VARIABLE_DEFINITION,
  Kind.OPERATION_DEFINITION,
]);
const MOST_TRIES = 400;

/** The smallest case found for which `fails` still answers something: what it answered. */
export async function shrink<F extends Case>(schema: GraphQLSchema, failure: F, fails: (smaller: Case) => Promise<F | null>): Promise<F> {
  let best = failure;
  let tries = 0;
  for (let shrunk = true; shrunk; ) {
    shrunk = false;
    // Large parts come first in a walk from the top.
    for (let place = 0; tries < MOST_TRIES; place++) {
      const smaller = without(schema, best.asked, place);
      if (smaller === 'end') break;
      if (smaller === null) continue;
      tries++;
      const found = await fails({ viewer: best.viewer, asked: smaller });
      if (!found) continue;
      best = found;
      shrunk = true;
      place--;
    }
  }
  return best;
}

/** The operation without its n-th removable part; null where that does not fit the schema. */
function without(schema: GraphQLSchema, asked: Asked, place: number): Asked | 'end' | null {
  let seen = 0;
  let removed = false;
  const cut = visit(parse(asked.query), {
    enter(node: ASTNode) {
      if (!removable.has(node.kind) || seen++ !== place) return undefined;
      removed = true;
      return null;
    },
  }) as DocumentNode;
  if (!removed) return 'end';
  const document = tidy(cut);
  const isKept = asked.operationName === undefined || (document && getOperationAST(document, asked.operationName));
  if (!document || !isKept || validate(schema, document).length > 0) return null;
  const query = print(document);
  return parses(query) ? { ...asked, query } : null;
}

/** What is left of a document need not be one. */
function parses(query: string): boolean {
  try {
    return Boolean(parse(query));
  } catch {
    return false;
  }
}

/** Takes out what the cut left unused or empty. */
function tidy(document: DocumentNode): DocumentNode | null {
  let current = document;
  for (let before = ''; before !== print(current); ) {
    before = print(current);
    const [spread, used, defined] = [new Set<string>(), new Set<string>(), new Set<string>()];
    visit(current, { FragmentSpread: (node) => void spread.add(node.name.value) });
    visit(current, { FragmentDefinition: (node) => void defined.add(node.name.value) });
    visit(current, { VariableDefinition: () => false, Variable: (node) => void used.add(node.name.value) });
    current = visit(current, {
      VariableDefinition: (node) => (used.has(node.variable.name.value) ? undefined : null),
      FragmentDefinition: (node) => (spread.has(node.name.value) ? undefined : null),
      FragmentSpread: (node) => (defined.has(node.name.value) ? undefined : null),
    });
    current = visit(current, { leave: (node) => (isEmptied(node) ? null : undefined) });
  }
  return current.definitions.some((node) => node.kind === Kind.OPERATION_DEFINITION) ? current : null;
}

function isEmptied(node: ASTNode): boolean {
  return 'selectionSet' in node && node.selectionSet?.selections.length === 0;
}
