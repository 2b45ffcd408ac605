// Limits on documents, the same over HTTP and over sockets.
import { Kind, type ParseOptions, type SelectionSetNode, type ValidationRule } from 'graphql';
import { apiError } from '../graphql/errors.ts';
import { faultOf } from './body.ts';

/** Larger documents are refused before they are parsed to the end: bulk rows belong in variables. */
export const parseOptions: ParseOptions = { maxTokens: 2000 };

/** How many fields an operation may select once its fragments are unfolded. */
export const MAX_SELECTIONS = 10_000;

/** Refuses texts in the document that PostgreSQL could not keep. */
const StorableTexts: ValidationRule = (context) => ({
  StringValue(node) {
    const fault = faultOf(node.value);
    if (fault) context.reportError(apiError('BAD_USER_INPUT', `A text must not contain ${fault}.`));
  },
});

/** Refuses fragments that double a selection over and over: a short document can name millions of fields that way. */
const BoundedSelections: ValidationRule = (context) => {
  const sizes = new Map<string, number>();
  const sizeOf = (set: SelectionSetNode): number =>
    set.selections.reduce((size, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return size + sizeOfFragment(selection.name.value);
      return size + 1 + (selection.selectionSet ? sizeOf(selection.selectionSet) : 0);
    }, 0);
  const sizeOfFragment = (name: string): number => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    sizes.set(name, 0); // ends the walk of a circle, which another rule refuses
    const fragment = context.getFragment(name);
    const size = fragment ? sizeOf(fragment.selectionSet) : 0;
    sizes.set(name, size);
    return size;
  };
  return {
    OperationDefinition(node) {
      if (sizeOf(node.selectionSet) > MAX_SELECTIONS) {
        context.reportError(apiError('GRAPHQL_VALIDATION_FAILED', `The operation selects more than ${MAX_SELECTIONS} fields.`));
      }
    },
  };
};

export const validationRules: ValidationRule[] = [StorableTexts, BoundedSelections];
