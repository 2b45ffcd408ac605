// relay-compiler takes the schema, with a paginated and refetchable list of every connection in it.
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';

const sdl = join(import.meta.dirname, '../../schema/schema.graphql');
const compiler: string | null = createRequire(import.meta.url)('relay-compiler');

let folder = '';
let unrunnable: string | null = null;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trato-relay-'));
  const { error } = compiler ? spawnSync(compiler, ['--version']) : { error: new Error('no binary for this platform') };
  unrunnable = error?.message ?? null;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Connection = { type: GraphQLObjectType; field: GraphQLField<unknown, unknown> };

/** Every connection that Relay can refetch: those of the query and of nodes. */
async function connections(): Promise<Connection[]> {
  const schema = buildSchema(await readFile(sdl, 'utf8'));
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || (type !== schema.getQueryType() && !type.getInterfaces().some(({ name }) => name === 'Node'))) return [];
    const fields = Object.values(type.getFields()).filter((field) => getNamedType(field.type).name.endsWith('Connection'));
    return fields.map((field) => ({ type, field }));
  });
}

const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** Literals for the arguments that a list cannot do without. */
const samples: Record<string, string> = { DateTime: '"2026-03-01T00:00:00Z"' };

/** A component as a Relay app has it; its documents are named after its file. */
function component({ type, field }: Connection): { name: string; text: string } {
  const name = `${type.name}${upper(field.name)}`;
  const required = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const given = required.map(({ name: arg, type: wanted }) => `${arg}: ${samples[getNamedType(wanted).name]}, `).join('');
  const edges = (getNamedType(field.type) as GraphQLObjectType).getFields().edges!;
  const node = getNamedType((getNamedType(edges.type) as GraphQLObjectType).getFields().node!.type);
  const selection = (isObjectType(node) || isInterfaceType(node)) && node.getFields().id ? 'id' : '__typename';
  expect(isObjectType(node) || isInterfaceType(node) || isUnionType(node)).toBe(true);
  const parent = type.name === 'Query' ? `...${name}_list` : `node(id: "x") { ...${name}_list @alias }`;
  return {
    name,
    text: `
graphql\`query ${name}Query { ${parent} }\`;
graphql\`
  fragment ${name}_list on ${type.name}
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "${name}PaginationQuery") {
    ${field.name}(${given}first: $count, after: $cursor) @connection(key: "${name}_${field.name}") {
      edges { node { ${selection} } }
    }
  }
\`;`,
  };
}

test('a query, a pagination query and a fragment of every connection compile', async ({ skip }) => {
  if (unrunnable) skip(`relay-compiler cannot run here: ${unrunnable}`);
  const all = await connections();
  expect(all.length).toBeGreaterThan(20);
  await mkdir(join(folder, 'src'));
  await copyFile(sdl, join(folder, 'schema.graphql'));
  await mkdir(join(folder, 'made'));
  const settings = { src: './src', schema: './schema.graphql', language: 'typescript', artifactDirectory: './made' };
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(settings));
  const components = all.map(component);
  for (const { name, text } of components) await writeFile(join(folder, 'src', `${name}.ts`), text);

  const { status, stdout, stderr } = spawnSync(compiler!, ['relay.config.json'], { cwd: folder, encoding: 'utf8' });

  expect(`${stdout}${stderr}`).not.toMatch(/\berror\b/i);
  expect(status).toBe(0);
  const expected = components.flatMap(({ name }) => [
    `${name}PaginationQuery.graphql.ts`,
    `${name}Query.graphql.ts`,
    `${name}_list.graphql.ts`,
  ]);
  expect((await readdir(join(folder, 'made'))).toSorted()).toEqual(expected.toSorted());
});
