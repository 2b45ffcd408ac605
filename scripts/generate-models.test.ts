import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { columnsOf, type EnumMap, type ModelMap, quoteIdent } from '../src/db/models.ts';
import { generateModels } from './generate-models.mjs';

const base = 'datasource db {\n  provider = "postgresql"\n}\n';
const zoo = `
/// A creature
/// that lives */ here.
model Animal {
  zooId    String     @map("zoo_id") @db.Uuid
  id       String     @db.Uuid
  /// What kind it is.
  kind     AnimalKind
  kinds    AnimalKind[]
  name     String?    @map("given_name")
  code     String     @unique @db.Char(3)
  price    Decimal    @db.Decimal(19, 4)
  seq      BigInt     @default(autoincrement())
  legs     Int?
  weight   Float      @default(0)
  tame     Boolean    @default(false)
  born     DateTime?  @db.Date
  fedAt    DateTime   @default(now()) @map("fed_at") @db.Timestamptz(3)
  tags     String[]   @default([])
  traits   Json       @default("{}")
  history  Json?
  picture  Bytes?
  motherId String?    @map("mother_id") @db.Uuid
  mother   Animal?    @relation("Parent", fields: [zooId, motherId], references: [zooId, id], onDelete: NoAction, onUpdate: NoAction)
  children Animal[]   @relation("Parent")
  zoo      Zoo        @relation(fields: [zooId], references: [id])
  @@id([zooId, id])
  @@unique([zooId, kind, name])
  @@map("animal")
}
model Zoo {
  id      String   @id @db.Uuid
  animals Animal[]
}
/// Kinds of animal.
enum AnimalKind {
  /// Has wool.
  SHEEP
  GOAT
  @@map("animal_kind")
}
`;

let root: string;
let options: { schemaDirectory: string; target: string; runtime: string; quiet: true };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trato-models-'));
  const runtime = fileURLToPath(new URL('../src/db/models.ts', import.meta.url));
  options = {
    schemaDirectory: join(root, 'schema'),
    target: join(root, 'generated', 'models.ts'),
    runtime,
    quiet: true,
  };
  mkdirSync(options.schemaDirectory);
  write('base.prisma', base);
  write('zoo.prisma', zoo);
});

afterEach(() => rmSync(root, { recursive: true }));

test('writes row types, enums and comments', async () => {
  await generateModels(options);
  const source = readFileSync(options.target, 'utf8')
    .split('export const models')[0]
    ?.replace(/^.*\n.*\n/, '');
  expect(source).toMatchInlineSnapshot(`
    "
    /** Kinds of animal. */
    export type AnimalKind = 'SHEEP' | 'GOAT';
    export const AnimalKindValues = ['SHEEP', 'GOAT'] as const;

    /**
     * A creature
     * that lives * / here.
     */
    export type AnimalRow = {
      zooId: string;
      id: string;
      /** What kind it is. */
      kind: AnimalKind;
      kinds: AnimalKind[];
      name: string | null;
      code: string;
      price: string;
      seq: bigint;
      legs: number | null;
      weight: number;
      tame: boolean;
      born: string | null;
      fedAt: Date;
      tags: string[];
      traits: JsonObject;
      history: JsonValue | null;
      picture: Buffer | null;
      motherId: string | null;
    };

    export type ZooRow = {
      id: string;
    };

    export type RowOf = {
      Animal: AnimalRow;
      Zoo: ZooRow;
    };

    "
  `);
});

test('writes the map of tables, columns and relations', async () => {
  const { Animal, Zoo } = await generated();
  expect(Animal).toMatchObject({
    name: 'Animal',
    table: 'animal',
    primaryKey: ['zooId', 'id'],
    description: 'A creature\nthat lives */ here.',
  });
  expect(Animal?.uniques).toEqual([['code'], ['zooId', 'kind', 'name']]);
  expect(Zoo).toMatchObject({ table: 'Zoo', primaryKey: ['id'], uniques: [] });
  const columns = columnsOf(Animal as ModelMap);
  expect(columns.map(({ name, column, type }) => `${name} ${column} ${type}`)).toMatchInlineSnapshot(`
    [
      "zooId zoo_id uuid",
      "id id uuid",
      "kind kind animal_kind",
      "kinds kinds animal_kind",
      "name given_name text",
      "code code bpchar",
      "price price numeric",
      "seq seq int8",
      "legs legs int4",
      "weight weight float8",
      "tame tame bool",
      "born born date",
      "fedAt fed_at timestamptz",
      "tags tags text",
      "traits traits jsonb",
      "history history jsonb",
      "picture picture bytea",
      "motherId mother_id uuid",
    ]
  `);
  expect(columns[2]).toEqual({
    ...{ name: 'kind', column: 'kind', type: 'animal_kind', list: false, nullable: false, hasDefault: false },
    ...{ enum: 'AnimalKind', description: 'What kind it is.' },
  });
  expect(Animal?.columns.tags).toMatchObject({ list: true, nullable: false, hasDefault: true });
  expect(Animal?.relations).toEqual({
    mother: relation('mother', 'Animal', {
      nullable: true,
      owning: true,
      fields: ['zooId', 'motherId'],
      references: ['zooId', 'id'],
      inverse: 'children',
    }),
    children: relation('children', 'Animal', {
      list: true,
      fields: ['zooId', 'id'],
      references: ['zooId', 'motherId'],
      inverse: 'mother',
    }),
    zoo: relation('zoo', 'Zoo', { owning: true, fields: ['zooId'], references: ['id'], inverse: 'animals' }),
  });
  expect(Zoo?.relations.animals).toMatchObject({ list: true, owning: false, fields: ['id'], references: ['zooId'] });
});

test('writes the enums with what their values mean', async () => {
  await generateModels(options);
  const { enums } = (await import(pathToFileURL(options.target).href)) as { enums: Record<string, EnumMap> };
  expect(enums.AnimalKind).toEqual({
    ...{ name: 'AnimalKind', type: 'animal_kind', description: 'Kinds of animal.' },
    values: [{ name: 'SHEEP', description: 'Has wool.' }, { name: 'GOAT' }],
  });
});

test('writes again only when the schema has changed', async () => {
  expect(await generateModels(options)).toEqual({ changed: true });
  const { ino } = statSync(options.target);
  expect(await generateModels(options)).toEqual({ changed: false });
  expect(statSync(options.target).ino).toBe(ino);
  write('more.prisma', 'model More {\n  id Int @id\n}\n');
  expect(await generateModels(options)).toEqual({ changed: true });
  expect(readFileSync(options.target, 'utf8')).toContain('export type MoreRow');
  writeFileSync(options.target, '');
  expect(await generateModels(options)).toEqual({ changed: true });
});

test('does not load the WASM when nothing has changed', async () => {
  const script = fileURLToPath(new URL('generate-models.mjs', import.meta.url));
  const code = `const { generateModels } = await import(${JSON.stringify(pathToFileURL(script).href)});
    await generateModels(${JSON.stringify(options)});
    const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('prisma-schema-wasm')).length);`;
  const loaded = async () => (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])).stdout.trim();
  expect(await loaded()).not.toBe('0');
  expect(await loaded()).toBe('0');
});

test('several at once leave one whole file', async () => {
  await Promise.all(Array.from({ length: 5 }, () => generateModels(options)));
  expect(readdirSync(join(root, 'generated'))).toEqual(['models.ts']);
  expect(Object.keys(await generated())).toEqual(['Animal', 'Zoo']);
});

test.each([
  ['a time without a zone', 'at DateTime', 'Bad.at: DateTime needs @db.Timestamptz(3) or @db.Date'],
  ['a time with microseconds', 'at DateTime @db.Timestamptz(6)', 'Bad.at: DateTime needs @db.Timestamptz(3)'],
  ['an unknown type', 'at Nonsense', 'Type "Nonsense" is neither a built-in type'],
])('refuses %s and keeps the old file', async (_, column, message) => {
  await generateModels(options);
  write('bad.prisma', `model Bad {\n  id Int @id\n  ${column}\n}\n`);
  await expect(generateModels(options)).rejects.toThrow(message);
  expect(readFileSync(options.target, 'utf8')).toContain('AnimalRow');
});

test('refuses an enum value under another name in the database', async () => {
  write('bad.prisma', 'enum Bad {\n  ONE @map("one")\n}\n');
  await expect(generateModels(options)).rejects.toThrow('enum Bad: ONE has an @map');
});

test('the models of the project are those of its schema', async () => {
  const target = fileURLToPath(new URL('../src/db/generated/models.ts', import.meta.url));
  await generateModels({ quiet: true });
  expect(await generateModels({ quiet: true, target })).toEqual({ changed: false });
  expect(columnsOf('Customer').find(({ name }) => name === 'displayName')).toMatchObject({
    column: 'display_name',
    type: 'text',
  });
});

test('quotes names for SQL', () => {
  expect(quoteIdent('order')).toBe('"order"');
  expect(quoteIdent('a"b')).toBe('"a""b"');
});

function write(name: string, text: string): void {
  writeFileSync(join(options.schemaDirectory, name), text);
}

async function generated(): Promise<Record<string, ModelMap>> {
  await generateModels(options);
  return ((await import(pathToFileURL(options.target).href)) as { models: Record<string, ModelMap> }).models;
}

function relation(name: string, model: string, parts: object): object {
  return { name, model, list: false, nullable: false, owning: false, ...parts };
}
