// Whether a document can be a webhook's, and what it follows then: one feed, opened with stored variables as its credential.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import { reject, type UserError, UserErrors, userError } from '../../commands/user-errors.ts';
import { coreEventTypes, hintOf, isCoreNoun, likelyCoreType } from '../../events/index.ts';
import { builtSchema } from '../../graphql/built-schema.ts';
import { checkDocument } from '../../graphql/check-document.ts';
import { collectFields, type FragmentOf } from '../../graphql/collect-fields.ts';
import { costOf } from '../../graphql/cost.ts';
import { type FeedSelection, openFeedOf } from '../../graphql/feed-field.ts';
import { configuredLimits } from '../../graphql/limits.ts';
import { remembered } from '../../lib/remembered.ts';
import { unreadable } from './readable.ts';

export type StoredSubscription = { document: string; variables: Record<string, unknown> };

/** A subscription that can be followed: which events, and what to execute for each. */
export type OpenedWebhook = FeedSelection & {
  schema: GraphQLSchema;
  document: DocumentNode;
  variables: Record<string, unknown>;
  /** For how many events at once it may be executed: all together cost no more than one request may. */
  atOnce: number;
};

type Read = { document: DocumentNode; operation: OperationDefinitionNode; fragment: FragmentOf };

const AT_DOCUMENT = ['document'];
const AT_VARIABLES = ['variables'];
const MESSAGE_LENGTH = 500;
const MOST_AT_ONCE = 200;

const known = remembered<Read>(500);

/**
 * Opens a stored subscription for a viewer. Throws UserErrors (at `document` or `variables`) where it does not fit the
 * schema, or asks for what the viewer may not follow.
 */
export function openSubscription(viewer: Viewer, { document: text, variables }: StoredSubscription, schema = builtSchema()): OpenedWebhook {
  const { document, operation, fragment } = known(schema, text, () => readDocument(schema, text));
  const coerced = coercedVariables(schema, operation, variables);
  const { field, node } = feedOf(schema, operation, fragment);
  const open = openFeedOf(field);
  if (!open) reject('DOCUMENT_NOT_A_FEED', `Subscription.${field.name} does not follow the event log.`, AT_DOCUMENT);
  if (node.arguments?.some(({ name }) => name.value === 'after')) {
    reject('DOCUMENT_AFTER', 'The webhook keeps its place itself: leave out `after`, or give it to webhookCreate.', AT_DOCUMENT);
  }
  const selection = telling(() => open(viewer, getArgumentValues(field, node, coerced)));
  const { requested } = telling(() => costOf(schema, operation, fragment)(variables));
  const atOnce = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(configuredLimits().costMaximum / Math.max(1, requested))));
  return { ...selection, schema, document, variables, atOnce };
}

/**
 * The same for a document that is to be saved: also refused for fields that the role can never read, for its cost, and for
 * mistakes by which it would tell of nothing, or of more than was meant.
 */
export function checkSubscription(viewer: Viewer, stored: StoredSubscription, schema = builtSchema()): OpenedWebhook {
  const opened = openSubscription(viewer, stored, schema);
  const { operation, fragment } = known(schema, stored.document, () => readDocument(schema, stored.document));
  refuseMisspelt(operation, stored.variables);
  const none = (['types', 'changed'] as const).find((name) => opened.filter[name]?.length === 0);
  if (none) reject('DOCUMENT_INVALID', `An empty list of \`${none}\` chooses no event: leave it out, or name some.`, AT_DOCUMENT);
  refuseUnknownTypes(opened.filter.types);
  const problem = unreadable(schema, viewer.role, operation, fragment);
  if (problem) reject('DOCUMENT_FORBIDDEN', problem, AT_DOCUMENT);
  const { requested } = telling(() => costOf(schema, operation, fragment)(stored.variables));
  const { costMaximum } = configuredLimits();
  if (requested > costMaximum) {
    reject('DOCUMENT_TOO_EXPENSIVE', `One event may cost ${requested} points, more than ${costMaximum}.`, AT_DOCUMENT);
  }
  return opened;
}

/**
 * GraphQL passes over values that no variable takes. Where a variable has none at the same time, it was most likely meant, and
 * nobody would see that its filter lets all through.
 */
function refuseMisspelt({ variableDefinitions = [] }: OperationDefinitionNode, variables: Record<string, unknown>): void {
  const names = variableDefinitions.map(({ variable }) => variable.name.value);
  const unknown = Object.keys(variables).find((name) => !names.includes(name));
  const missing = names.find((name) => !Object.hasOwn(variables, name));
  if (unknown === undefined || missing === undefined) return;
  reject(
    'VARIABLES_INVALID',
    brief(`The document has no variable ${JSON.stringify(unknown)}, and \`${missing}\` has no value.`),
    AT_VARIABLES,
  );
}

/** Types that nobody writes would tell of nothing. What events plugins write cannot be known. */
function refuseUnknownTypes(types: readonly string[] = []): void {
  const unknown = types.find(
    (type) => !coreEventTypes.has(type) && (isCoreNoun(type.split('.')[0]!) || likelyCoreType(type) !== undefined),
  );
  if (unknown === undefined) return;
  reject(
    'DOCUMENT_INVALID',
    brief(`There are no events of the type ${JSON.stringify(unknown.slice(0, 60))}${hintOf(unknown)}`),
    AT_DOCUMENT,
  );
}

function readDocument(schema: GraphQLSchema, text: string): Read {
  const document = telling(() => checkDocument({ schema, introspection: false, limits: configuredLimits() }, text));
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  if (!operation || operations.length > 1 || operation.operation !== 'subscription') {
    reject('DOCUMENT_NOT_A_SUBSCRIPTION', 'The document of a webhook is one subscription.', AT_DOCUMENT);
  }
  const fragments = new Map<string, FragmentDefinitionNode>(
    document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  );
  return { document, operation, fragment: (name) => fragments.get(name) };
}

function coercedVariables(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Record<string, unknown>) {
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 10 });
  if (!errors) return coerced!;
  throw new UserErrors(errors.map(({ message }) => userError('VARIABLES_INVALID', brief(message), AT_VARIABLES)));
}

/** The one field of the subscription. It must not depend on variables: nobody would see that it is never there. */
function feedOf(schema: GraphQLSchema, operation: OperationDefinitionNode, fragment: FragmentOf) {
  const root = schema.getSubscriptionType()!;
  const fields = [...collectFields(schema, root, [{ set: operation.selectionSet, when: [] }], fragment).values()];
  const mentions = fields[0];
  const first = mentions?.[0];
  if (fields.length !== 1 || !first || mentions.some(({ when }) => when.length > 0)) {
    return reject('DOCUMENT_NOT_A_FEED', 'The subscription of a webhook has one field, without @include and @skip.', AT_DOCUMENT);
  }
  const node: FieldNode = first.field;
  return { node, field: root.getFields()[node.name.value] as GraphQLField<unknown, unknown> };
}

/** Runs a check and turns its errors of GraphQL into user errors; whatever else is thrown is a bug and stays one. */
function telling<T>(check: () => T): T {
  try {
    return check();
  } catch (thrown) {
    const errors = Array.isArray(thrown) ? thrown : [thrown];
    if (!errors.every((error): error is GraphQLError => error instanceof GraphQLError)) throw thrown;
    throw new UserErrors(errors.map(refusalOf));
  }
}

function refusalOf({ message, extensions }: GraphQLError): UserError {
  if (extensions.code === 'FORBIDDEN') return userError('DOCUMENT_FORBIDDEN', brief(message), AT_DOCUMENT);
  return userError('DOCUMENT_INVALID', brief(message), AT_DOCUMENT);
}

function brief(message: string): string {
  return message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH).toWellFormed()}…`;
}
