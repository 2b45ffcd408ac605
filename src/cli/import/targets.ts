// Where rows can go: the bulk mutations of the API. `ordered` targets are changed by later rows, so their batches go
// one after the other; a recorded interaction stands for itself, so its batches may overlap.
export type Target = { into: string; mutation: string; inputType: string; ordered: boolean };

const target = (into: string, mutation = `${into}Upsert`, ordered = true): Target => ({
  into,
  mutation,
  inputType: `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`,
  ordered,
});

export const TARGETS: Record<string, Target> = Object.fromEntries(
  [
    target('customers'),
    target('interactions', 'interactionsRecord', false),
    target('users'),
    target('teams'),
    target('relationships'),
    target('attributeDefinitions'),
    target('channels'),
    target('touchPoints'),
    target('interactionKinds'),
    target('relationshipKinds'),
    target('partyRoles'),
    target('lifecycleStages'),
    target('opportunities'),
    target('products'),
    target('priceLists'),
    target('prices'),
    target('exchangeRates'),
    target('pipelines'),
    target('pipelineStages'),
    target('competitors'),
    target('closeReasons'),
    target('opportunityRoles'),
  ].map((entry) => [entry.into, entry]),
);

/** The document that sends one batch to a target: answers counts, and per row its status and errors. */
export const batchDocument = ({ mutation, inputType }: Target): string => `mutation Import($input: ${inputType}!, $key: String!) {
  result: ${mutation}(input: $input) @idempotent(key: $key) {
    results { index status userErrors { code message path } }
    userErrors { code message path }
  }
}`;
/** The same without a stored result: what a dry run asks is answered afresh every time. */
export const dryRunDocument = ({ mutation, inputType }: Target): string => `mutation ImportDryRun($input: ${inputType}!) {
  result: ${mutation}(input: $input) {
    results { index status userErrors { code message path } }
    userErrors { code message path }
  }
}`;
