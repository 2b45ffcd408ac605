// Fields on core types: as many statements for a page as for a record, and no harm when they fail.
import type { GraphQLObjectType } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { builtSchema } from '../../../graphql/built-schema.ts';
import { fieldText, listOf } from './samples.ts';
import { type ContractExamples, type ContractWorld, objectType } from './world.ts';

const PAGE = 50;

export function checkReading(world: () => ContractWorld, examples: ContractExamples): void {
  beforeAll(async () => {
    const { one, fields } = world();
    const types = new Set(fields.map(({ type }) => type));
    for (let i = 0; types.size > 0 && i < PAGE; i += 10) {
      const made = await Promise.all(Array.from({ length: 10 }, () => one.makeCustomer()));
      if (types.has('Interaction')) await Promise.all(made.map((customer) => one.recordInteraction({ customer })));
    }
  });

  const textOf = ({ type, name }: { type: string; name: string }) => {
    const field = (objectType(type) as GraphQLObjectType).getFields()[name]!;
    return fieldText(type, field as never, examples.arguments ?? {}, { customer: world().customers.one });
  };

  test('a page takes as many statements as one record', async () => {
    const { host, one, fields } = world();
    for (const field of fields) {
      const ask = (first: number) =>
        one.query(`{ ${listOf(builtSchema(), field.type)}(first: ${first}) { nodes { id ${textOf(field)} } } }`);
      await ask(1); // connections and plans are made the first time
      const textsOf = async (first: number) => (await host.statementsOf(() => ask(first))).statements.map(({ text }) => text.slice(0, 200));
      // What the process does beside may send one too: a field that asks for each record does so every time.
      for (let tries = 1; ; tries++) {
        const [single, page] = [await textsOf(1), await textsOf(PAGE)];
        if (page.length <= single.length) break;
        if (tries < 3) continue;
        expect({ field: field.name, statements: page }).toEqual({ field: field.name, statements: single });
      }
    }
  });

  for (const how of ['throw', 'hang'] as const) {
    test(how === 'throw' ? 'a field that throws harms no core field' : 'a field that never answers harms no core field', async () => {
      const { notes, one, plugin, fields } = world();
      for (const [type, own] of Map.groupBy(fields, (field) => field.type)) {
        const document = `{ all: ${listOf(builtSchema(), type)}(first: 5) { nodes { id ${own.map(textOf).join(' ')} } } }`;
        const well = await one.answer(document);
        notes.failing = how;
        try {
          const { data, errors } = await one.answer(document);
          const ids = (answer: { all: { nodes: { id: string }[] } }) => answer.all.nodes.map(({ id }) => id);
          expect(ids(data)).toEqual(ids(well.data));
          for (const node of data.all.nodes) for (const { name } of own) expect(node[name]).toBeNull();
          if (data.all.nodes.length > 0) expect(errors.length).toBeGreaterThan(0);
          for (const { extensions } of errors) expect(extensions).toMatchObject({ code: 'PLUGIN_UNAVAILABLE', plugin: plugin.id });
        } finally {
          notes.failing = null;
        }
      }
    });
  }
}
