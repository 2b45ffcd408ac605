// Hidden fields: whatever their values are makes no difference to any answer, whichever way leads to the row.
import { type GraphQLField, getNamedType, isRequiredArgument, parse } from 'graphql';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import { hideableFields } from '../../src/modules/access/role-definition.ts';
import { allEntities, type Entity, entityNamed } from '../../src/query/entity.ts';
import { normal } from './answers.ts';
import { documentOf, follow } from './calls.ts';
import { changeValues, columnsShownBy } from './changed-values.ts';
import { requiredOf } from './probes.ts';
import { asField, type RoleWorld, readable, schema, startRoleWorld } from './role-world.ts';
import { argumentsOf } from './selection.ts';

let world: RoleWorld;
let sandbox: RoleWorld['sandbox'];
let whole: RoleWorld['whole'];
let hiding: RoleWorld['hiding'];
let viewerWith: RoleWorld['viewerWith'];
beforeAll(async () => {
  world = await startRoleWorld();
  ({ sandbox, whole, hiding, viewerWith } = world);
});
afterAll(() => world?.stop());

/** Lists of rows are a thing of their own; all else that a role can hide shows columns. */
const shownColumns = (entity: Entity) =>
  hideableFields(entity).filter((name) => !('many' in (entity.relations?.[name] ?? {})) && `${entity.name}.${name}` !== everywhere);
/** Figures are in the currency of the workspace, and say so. */
const everywhere = 'Workspace.currency';

const families = [
  ['Customer', 'Identity', 'Preference', 'Need', 'LifecycleTransition'],
  ['Interaction', 'InteractionParticipant', 'Conversation', 'Relationship', 'TouchPoint', 'AttributeDefinition'],
  ['Opportunity', 'OpportunityLine', 'OpportunityTransition', 'OpportunityContact', 'OpportunityCompetitor', 'Quote', 'QuoteLine'],
  ['Segmentation', 'Segment', 'SegmentMembership', 'Lead', 'LeadPoints', 'Consent'],
  ['Pipeline', 'PipelineStage', 'Product', 'PriceList', 'Price', 'SalesTarget', 'OpportunityRule', 'Territory', 'LeadCriterion'],
  ['Webhook', 'WebhookDelivery', 'WebhookAttempt', 'Message', 'PluginFailure'],
];
const rest = allEntities()
  .map(({ name }) => name as string)
  .filter((name) => !families.flat().includes(name));

/** Rules are shown as they are written, with the keys of what they name: whoever may read a rule reads these. */
const written = ['Segment', 'Territory', 'LeadCriterion', 'LifecycleStage', 'HealthRule'].map((name) => `${name}.rule`);
written.push('OpportunityRule.signal', 'OpportunityRule.condition', 'Segmentation.measure');

describe.each([...families, rest])('all fields of %s and its like hidden', (...names) => {
  const entities = names.filter((name) => name).map(entityNamed);
  const deep = ['events', 'interactionRecorded'];
  /** The whole log, and those that answer such entities: what is reached from a row does not depend on the feed. */
  const feeds = Object.entries(schema.getSubscriptionType()!.getFields()).filter(([name, field]) =>
    [...deep, ...names].some((one) => name === one || getNamedType(field.type).name === one),
  );
  const hidden = () => hiding(...written, ...entities.flatMap((entity) => shownColumns(entity).map((field) => `${entity.name}.${field}`)));

  /** Every list, two records deep, and the feeds. */
  async function readAll(viewer: Viewer): Promise<Record<string, string>> {
    const answers: Record<string, string> = {};
    for (const field of readable) {
      const variables = field.name === 'events' ? { first: 100, after: Buffer.from('event:60').toString('base64url') } : {};
      answers[field.name] = normal(
        await sandbox.run(viewer, documentOf(schema, asField('query', field), 2, Object.keys(variables)), variables),
        [],
        whole,
      );
    }
    for (const [name, field] of feeds) {
      const variables = { after: Buffer.from('event:0').toString('base64url'), ...requiredOf(field, whole) };
      const depth = deep.includes(name) ? 1 : 0;
      const document = documentOf(schema, asField('subscription', field), depth, Object.keys(variables));
      answers[`feed ${name}`] = normal(await follow(schema, sandbox, document, variables, { ...whole, administrator: viewer }), [], whole);
    }
    return answers;
  }

  type Told = { subjectType: string; changed: string[]; data: Record<string, unknown> };

  async function allEvents(viewer: Viewer): Promise<Told[]> {
    const document = parse(
      'query ($after: String) { events(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { type subjectType customerId changed data } } }',
    );
    const found: Told[] = [];
    for (let after: string | null = null; ; ) {
      const { data } = await sandbox.run(viewer, document, { after });
      const { nodes, pageInfo } = (data as { events: { nodes: Told[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }).events;
      found.push(...nodes);
      if (!pageInfo.hasNextPage) return found;
      after = pageInfo.endCursor;
    }
  }

  it('no answer depends on their values', async () => {
    const before = await readAll(hidden());
    const seen = await readAll(whole.administrator);
    await sandbox.db.execute(sql`begin`);
    try {
      for (const entity of entities)
        await changeValues(sandbox.db, whole.workspaceId, entity, columnsShownBy(entity, shownColumns(entity)));
      const after = await readAll(hidden());
      for (const name of Object.keys(before)) expect(after[name], name).toBe(before[name]);
      const differs = Object.entries(await readAll(whole.administrator)).filter(([name, answer]) => answer !== seen[name]);
      expect(differs.length, 'those who see them see the change').toBeGreaterThan(entities.length);
    } finally {
      await sandbox.db.execute(sql`rollback`);
    }
  });

  it('no event tells them', async () => {
    const told = (await allEvents(hidden()))
      .filter((event) => names.includes(event.subjectType))
      .map(({ subjectType, changed, data }) => ({ subjectType, changed, text: JSON.stringify(data) }));
    expect(told.length).toBeGreaterThan(3);
    expect(told.filter(({ text }) => /okapi|marker_a/.test(text))).toEqual([]);
    const columnsOf = (entity: Entity) => columnsShownBy(entity, shownColumns(entity)).map(({ name }) => name);
    const columns = new Map(entities.map((entity) => [entity.name as string, columnsOf(entity)]));
    const tells = ({ subjectType, changed, text }: (typeof told)[number]) =>
      columns.get(subjectType)!.some((name) => text.includes(`"${name}":`) || changed.includes(name));
    expect(told.filter(tells)).toEqual([]);
  });
});

describe('each hidden field', () => {
  it.for(allEntities().map(({ name }) => name as string))('of %s is null or refused, under an alias and in a fragment', async (name) => {
    const ask = async (viewer: Viewer, field: string) => {
      const type = schema.getType(name) as unknown as { getFields(): Record<string, GraphQLField<unknown, unknown>> };
      const asked = type.getFields()[field]!;
      const args = asked.args.some(isRequiredArgument) ? argumentsOf(asked)! : '';
      const selected = `${args}${'getFields' in getNamedType(asked.type) ? ' { __typename }' : ''}`;
      const document = parse(
        `{ node(id: "${whole.ids[name]}") { ... on ${name} { a: ${field}${selected} } ...F } } fragment F on ${name} { b: ${field}${selected} }`,
      );
      const { data, errors } = await sandbox.run(viewer, document, {});
      const { a, b } = (data as { node: { a: unknown; b: unknown } }).node;
      return { shown: [a ?? null, b ?? null], codes: errors.map((error) => error.code) };
    };
    let seen = 0;
    for (const field of hideableFields(entityNamed(name))) {
      const open = await ask(whole.administrator, field);
      if (open.shown[0] !== null) seen++;
      const closed = await ask(hiding(`${name}.${field}`), field);
      expect(closed.shown, field).toEqual([null, null]);
      expect(
        closed.codes.filter((code) => code !== 'FORBIDDEN'),
        field,
      ).toEqual([]);
    }
    expect(seen).toBeGreaterThan(2);
  });
});

describe('records in the answers of mutations', () => {
  const fragment =
    'fragment F on Customer { a: city ...G } fragment G on Customer { b: birthDate birthDate interactions { sum(field: VALUE) { amount } } }';
  const hidden = () => hiding('Customer.city', 'Customer.birthDate', 'Interaction.value');
  const record = { a: null, b: null, birthDate: null, interactions: { sum: null } };

  it('a payload', async () => {
    const document = parse(
      `mutation { customerUpdate(input: { id: "${whole.ids.Customer}", city: "Bath", birthDate: "1970-01-01" }) { customer { ...F } userErrors { code } } } ${fragment}`,
    );
    expect((await sandbox.run(hidden(), document, {})).data).toEqual({ customerUpdate: { customer: record, userErrors: [] } });
    expect((await sandbox.run(whole.administrator, document, {})).data).toMatchObject({
      customerUpdate: { customer: { a: 'Bath', b: '1970-01-01', interactions: { sum: { amount: '12.50' } } } },
    });
  });

  it('VersionConflictError.current', async () => {
    const document = parse(
      `mutation { customerUpdate(input: { id: "${whole.ids.Customer}", expectedVersion: 99, city: "Bath" }) { userErrors { code ... on VersionConflictError { current { ...F } } } } } ${fragment}`,
    );
    expect((await sandbox.run(hidden(), document, {})).data).toEqual({
      customerUpdate: { userErrors: [{ code: 'VERSION_CONFLICT', current: record }] },
    });
    const { data } = await sandbox.run(viewerWith({ permissions: ['customers:write'] }), document, {});
    expect(data).toEqual({ customerUpdate: { userErrors: [{ code: 'VERSION_CONFLICT', current: null }] } });
  });

  it('DuplicateError.existing', async () => {
    const document = parse(
      `mutation { customerCreate(input: { externalId: { system: "marker_a", value: "marker_a" } }) { userErrors { code ... on DuplicateError { existing { ...F } } } } } ${fragment}`,
    );
    expect((await sandbox.run(hidden(), document, {})).data).toEqual({
      customerCreate: { userErrors: [{ code: 'DUPLICATE', existing: record }] },
    });
    const { data } = await sandbox.run(viewerWith({ permissions: ['customers:write'] }), document, {});
    expect(data).toEqual({ customerCreate: { userErrors: [{ code: 'DUPLICATE', existing: null }] } });
  });
});
