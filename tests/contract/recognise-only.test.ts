// A role that may only recognise gets exactly that.
import { isRequiredArgument, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentOf, follow } from './calls.ts';
import type { ApiField } from './probes.ts';
import { asField, type RoleWorld, schema, startRoleWorld } from './role-world.ts';
import { sampleOf } from './samples.ts';

let world: RoleWorld;
let sandbox: RoleWorld['sandbox'];
let whole: RoleWorld['whole'];
let viewerWith: RoleWorld['viewerWith'];
beforeAll(async () => {
  world = await startRoleWorld();
  ({ sandbox, whole, viewerWith } = world);
});
afterAll(() => world?.stop());

describe('a role that may only recognise', () => {
  const recogniser = () => viewerWith({ permissions: ['recognise'] });

  it('recognises, whole', async () => {
    const document = parse(
      '{ recognise(identity: { kind: PHONE, value: "020 7946 0958" }) { customerId displayName health stage owner team lastContacts { at channel kind subject outcome } openMatters { conversationId subject channel since } } }',
    );
    const { data, errors } = await sandbox.run(recogniser(), document, {});
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      recognise: {
        customerId: whole.ids.Customer,
        displayName: 'okapi displayName',
        stage: 'okapi stage name',
        owner: 'okapi user',
        lastContacts: [{ subject: 'okapi subject' }, { subject: 'okapi subject' }],
        openMatters: [{ subject: 'okapi subject' }],
      },
    });
  });

  it('is told nothing of anything else, by any field of the API', async () => {
    const roots = { query: schema.getQueryType()!, mutation: schema.getMutationType()!, subscription: schema.getSubscriptionType()! };
    const told: string[] = [];
    for (const [operation, type] of Object.entries(roots) as [ApiField['operation'], typeof roots.query][]) {
      for (const field of Object.values(type.getFields())) {
        if (['recognise', 'viewer', 'node', 'nodes'].includes(field.name)) continue;
        const variables = Object.fromEntries(
          field.args.filter(isRequiredArgument).map((arg) => [arg.name, sampleOf(arg.type, `${field.name}.${arg.name}`, whole)]),
        );
        const document = documentOf(schema, asField(operation, field), 0, Object.keys(variables));
        const { data, errors } =
          operation === 'subscription'
            ? await follow(schema, sandbox, document, variables, { ...whole, administrator: recogniser() })
            : await sandbox.run(recogniser(), document, variables);
        const empty = data == null || Object.values(data).every((value) => value === null);
        if (!empty || errors.length === 0 || errors.some((error) => error.code !== 'FORBIDDEN'))
          told.push(`${field.name} ${JSON.stringify([data, errors])}`);
      }
    }
    expect(told).toEqual([]);
  });

  it('finds nothing by any id', async () => {
    const ids = Object.values(whole.ids);
    const { data } = await sandbox.run(recogniser(), parse('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'), { ids });
    expect(data).toEqual({ nodes: ids.map(() => null) });
  });

  it('knows who it is itself, and no more of it than its own role and key', async () => {
    const document = parse('{ viewer { workspace { name } apiKey { name role { key } } role { permissions } permissions } }');
    const { data } = await sandbox.run(recogniser(), document, {});
    expect(data).toMatchObject({
      viewer: { workspace: { name: 'okapi company' }, apiKey: { name: 'Administrator', role: null }, permissions: ['recognise'] },
    });
  });
});
