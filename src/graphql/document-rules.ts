// Limits on documents, the same over HTTP and over sockets. What can be told without the schema is told before
// validation, whose own work grows with the square of some documents.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type ParseOptions,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';
import { faultOf } from '../lib/storable-text.ts';
import { apiError } from './errors.ts';
import type { Limits } from './limits.ts';

/** Larger documents are refused before they are parsed to the end: bulk rows belong in variables. */
export function parseOptionsFor(limits: Limits): ParseOptions {
  return { maxTokens: limits.tokens };
}

/** graphql-js says how many problems it left out in one more. */
export function validationOptionsFor(limits: Limits): { maxErrors: number } {
  return { maxErrors: limits.validationErrors - 1 };
}

/** Refuses texts in the document that PostgreSQL could not keep. */
const StorableTexts: ValidationRule = (context) => ({
  StringValue(node) {
    const fault = faultOf(node.value);
    if (fault) context.reportError(apiError('BAD_USER_INPUT', `A text must not contain ${fault}.`));
  },
});

export const validationRules: ValidationRule[] = [StorableTexts];

/** What is counted of a selection, its fragments unfolded. */
type Size = Record<'depth' | 'introspectionDepth' | 'aliases' | 'directives' | 'directivesPerField' | 'selections' | 'repeats', number>;

/** The lists by which a question about the schema goes round in circles. */
const CIRCULAR = new Set(['fields', 'interfaces', 'possibleTypes', 'inputFields']);

const words: Record<keyof Size | 'rootFields', (maximum: number) => string> = {
  selections: (maximum) => `The operation selects more than ${maximum} fields.`,
  depth: (maximum) => `The operation nests fields more than ${maximum} levels deep.`,
  introspectionDepth: (maximum) =>
    `The operation goes round in the schema: at most ${maximum} lists of fields and types inside each other.`,
  aliases: (maximum) => `The operation has more than ${maximum} aliases.`,
  directives: (maximum) => `The operation has more than ${maximum} directives.`,
  directivesPerField: (maximum) => `A field has more than ${maximum} directives.`,
  rootFields: (maximum) => `The operation has more than ${maximum} root fields.`,
  repeats: (maximum) => `The operation repeats a field more than ${maximum} times in one place.`,
};

/** The first limit that a document breaks, as an error that names it, the value and the maximum; null where it keeps all. */
export function documentProblem(document: DocumentNode, limits: Limits): GraphQLError | null {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const part of document.definitions) if (part.kind === Kind.FRAGMENT_DEFINITION) fragments.set(part.name.value, part);
  const measure = measurer(fragments);
  for (const part of document.definitions) {
    if (part.kind !== Kind.OPERATION_DEFINITION && part.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const size = measure(part.selectionSet);
    const values: Partial<Record<keyof Size | 'rootFields', number>> = { ...size, directives: size.directives + directivesOf(part) };
    if (part.kind === Kind.OPERATION_DEFINITION) values.rootFields = rootFields(part, fragments);
    for (const name of Object.keys(words) as (keyof typeof words)[]) {
      const value = Math.min(values[name] ?? 0, Number.MAX_SAFE_INTEGER);
      const maximum = limits[name];
      if (value > maximum) return apiError('GRAPHQL_VALIDATION_FAILED', words[name](maximum), { limit: name, value, maximum });
    }
  }
  return null;
}

function directivesOf(part: OperationDefinitionNode | FragmentDefinitionNode): number {
  const variables = part.variableDefinitions?.reduce((sum, variable) => sum + (variable.directives?.length ?? 0), 0) ?? 0;
  return variables + (part.directives?.length ?? 0);
}

const NOTHING: Size = { depth: 0, introspectionDepth: 0, aliases: 0, directives: 0, directivesPerField: 0, selections: 0, repeats: 0 };

function measurer(fragments: ReadonlyMap<string, FragmentDefinitionNode>): (set: SelectionSetNode) => Size {
  const known = new Map<string, Size>();

  function measure(set: SelectionSetNode): Size {
    const total = { ...NOTHING };
    const times = new Map<string, number>();
    for (const selection of set.selections) {
      const directives = selection.directives?.length ?? 0;
      total.directives += directives;
      total.directivesPerField = Math.max(total.directivesPerField, directives);
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const repeated = (times.get(name) ?? 0) + 1;
        times.set(name, repeated);
        total.repeats = Math.max(total.repeats, repeated);
        include(total, ofField(selection));
      } else include(total, selection.kind === Kind.INLINE_FRAGMENT ? measure(selection.selectionSet) : ofFragment(selection.name.value));
    }
    return total;
  }

  function ofField(field: FieldNode): Size {
    const below = field.selectionSet ? measure(field.selectionSet) : NOTHING;
    return {
      ...below,
      depth: below.depth + 1,
      introspectionDepth: below.introspectionDepth + (CIRCULAR.has(field.name.value) ? 1 : 0),
      aliases: below.aliases + (field.alias ? 1 : 0),
      selections: below.selections + 1,
    };
  }

  function ofFragment(name: string): Size {
    const before = known.get(name);
    if (before) return before;
    known.set(name, NOTHING); // ends the walk of a circle, which a standard rule refuses
    const fragment = fragments.get(name);
    const size = fragment ? measure(fragment.selectionSet) : NOTHING;
    known.set(name, size);
    return size;
  }

  return measure;
}

function include(total: Size, part: Size): void {
  total.depth = Math.max(total.depth, part.depth);
  total.introspectionDepth = Math.max(total.introspectionDepth, part.introspectionDepth);
  total.repeats = Math.max(total.repeats, part.repeats);
  total.directivesPerField = Math.max(total.directivesPerField, part.directivesPerField);
  total.aliases += part.aliases;
  total.directives += part.directives;
  total.selections += part.selections;
}

/** Counts what an operation selects at its root, each fragment as often as it is spread. */
function rootFields(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): number {
  const known = new Map<string, number>();
  const count = (set: SelectionSetNode): number =>
    set.selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + 1;
      return sum + (selection.kind === Kind.INLINE_FRAGMENT ? count(selection.selectionSet) : ofFragment(selection.name.value));
    }, 0);
  const ofFragment = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, 0);
    const fragment = fragments.get(name);
    const size = fragment ? count(fragment.selectionSet) : 0;
    known.set(name, size);
    return size;
  };
  return count(operation.selectionSet);
}
