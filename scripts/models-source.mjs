// Turns Prisma's description of the schema (DMMF) into the source text of src/db/generated/models.ts.

/**
 * @param {{ models: any[], enums: any[] }} datamodel
 * @param {string} runtime what the text imports its hand-written types from
 * @returns {string}
 * @throws {Error} naming the field that no row type can be given to.
 */
export function sourceOf({ models, enums }, runtime) {
  return [
    `import type { EnumMap, JsonObject, JsonValue, ModelMap } from '${runtime}';\n`,
    ...enums.map(enumSource),
    ...models.map(rowSource),
    block(
      'export type RowOf = {',
      models.map((model) => `  ${model.name}: ${model.name}Row;`),
      '};\n',
    ),
    block(
      'export const models = {',
      models.map((model) => `${indent(modelSource(model, models, enums))},`),
      '} as const satisfies Record<string, ModelMap>;\n',
    ),
    block(
      'export const enums = {',
      enums.map((item) => `  ${item.name}: ${json(enumMap(item))},`),
      '} as const satisfies Record<string, EnumMap>;\n',
    ),
  ].join('\n');
}

function enumSource(item) {
  for (const value of item.values) {
    if (value.dbName)
      throw new Error(`enum ${item.name}: ${value.name} has an @map, but rows carry the name in the database: use that name`);
  }
  const names = item.values.map((value) => `'${value.name}'`);
  return `${comment(item.documentation)}export type ${item.name} = ${names.join(' | ') || 'never'};\nexport const ${item.name}Values = [${names.join(', ')}] as const;\n`;
}

function enumMap({ name, dbName, documentation, values }) {
  const described = values.map((value) => ({ name: value.name, description: value.documentation }));
  return { name, type: dbName ?? name, description: documentation, values: described };
}

function rowSource(model) {
  const fields = columnsOf(model).map((field) => `${comment(field.documentation, '  ')}  ${field.name}: ${rowType(model, field)};`);
  return comment(model.documentation) + block(`export type ${model.name}Row = {`, fields, '};\n');
}

function modelSource(model, models, enums) {
  const columns = columnsOf(model);
  const primaryKey = model.primaryKey?.fields ?? columns.filter((field) => field.isId).map((field) => field.name);
  const uniques = [...columns.filter((field) => field.isUnique).map((field) => [field.name]), ...model.uniqueFields];
  const relations = model.fields.filter((field) => field.kind === 'object');
  return block(
    `${model.name}: {`,
    [
      `  name: ${json(model.name)},`,
      `  table: ${json(model.dbName ?? model.name)},`,
      ...(model.documentation ? [`  description: ${json(model.documentation)},`] : []),
      `  primaryKey: ${json(primaryKey)},`,
      indent(
        block(
          'columns: {',
          columns.map((field) => `  ${field.name}: ${json(columnMap(model, field, enums))},`),
          '},',
        ),
      ),
      `  uniques: ${json(uniques)},`,
      indent(
        block(
          'relations: {',
          relations.map((field) => `  ${field.name}: ${json(relationMap(model, field, models))},`),
          '},',
        ),
      ),
    ],
    '}',
  );
}

function columnsOf(model) {
  return model.fields.filter((field) => field.kind !== 'object');
}

function columnMap(model, field, enums) {
  const ofEnum = field.kind === 'enum' ? enums.find((item) => item.name === field.type) : undefined;
  return {
    name: field.name,
    column: field.dbName ?? field.name,
    type: ofEnum ? (ofEnum.dbName ?? ofEnum.name) : databaseType(model, field),
    list: field.isList,
    nullable: !field.isRequired,
    hasDefault: field.hasDefaultValue,
    enum: ofEnum?.name,
    description: field.documentation,
  };
}

// Both sides name the columns that join them, so that a reader of the map never has to look for the other side.
function relationMap(model, field, models) {
  const other = models.find((candidate) => candidate.name === field.type);
  const owning = field.relationFromFields.length > 0;
  const back = other.fields.find(
    (candidate) => candidate.relationName === field.relationName && (other !== model || candidate.name !== field.name),
  );
  return {
    name: field.name,
    model: field.type,
    list: field.isList,
    nullable: !field.isRequired,
    owning,
    fields: owning ? field.relationFromFields : back.relationToFields,
    references: owning ? field.relationToFields : back.relationFromFields,
    inverse: back?.name,
    description: field.documentation,
  };
}

const defaultTypes = {
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Float: 'float8',
  Decimal: 'numeric',
  Boolean: 'bool',
  Json: 'jsonb',
  Bytes: 'bytea',
};
const nativeTypes = {
  ...{
    Uuid: 'uuid',
    Text: 'text',
    VarChar: 'text',
    Char: 'bpchar',
    Citext: 'citext',
    Inet: 'inet',
    Xml: 'xml',
    Bit: 'bit',
    VarBit: 'varbit',
  },
  ...{
    Integer: 'int4',
    SmallInt: 'int2',
    Oid: 'oid',
    BigInt: 'int8',
    DoublePrecision: 'float8',
    Real: 'float4',
    Decimal: 'numeric',
    Money: 'money',
  },
  ...{
    Boolean: 'bool',
    Timestamptz: 'timestamptz',
    Date: 'date',
    Time: 'time',
    Timetz: 'timetz',
    JsonB: 'jsonb',
    Json: 'json',
    ByteA: 'bytea',
  },
};

function databaseType(model, field) {
  const [native, [precision] = []] = field.nativeType ?? [];
  const type = native ? nativeTypes[native] : defaultTypes[field.type];
  // Without a zone a time is read in the server's zone; with microseconds a cursor made of a Date skips rows.
  if (type === undefined || (type === 'timestamptz' && precision !== '3')) {
    throw new Error(
      `${model.name}.${field.name}: ${field.type} needs ${field.type === 'DateTime' ? '@db.Timestamptz(3) or @db.Date' : 'another native type'}`,
    );
  }
  return type;
}

function rowType(model, field) {
  const single = field.kind === 'enum' ? field.type : scalarType(databaseType(model, field), field);
  return `${field.isList ? `${single}[]` : single}${field.isRequired ? '' : ' | null'}`;
}

function scalarType(type, field) {
  if (type === 'jsonb' || type === 'json') return jsonType(field.default);
  if (type === 'int8') return 'bigint';
  if (type === 'bool') return 'boolean';
  if (type === 'bytea') return 'Buffer';
  if (type === 'timestamptz') return 'Date';
  return ['int4', 'int2', 'oid', 'float8', 'float4'].includes(type) ? 'number' : 'string';
}

// The schema language knows only Json; the default tells which kind of JSON the column holds.
function jsonType(value) {
  if (typeof value !== 'string') return 'JsonValue';
  return value.trimStart().startsWith('{') ? 'JsonObject' : 'JsonValue';
}

function comment(text, margin = '') {
  if (!text) return '';
  const lines = text.replaceAll('*/', '* /').split('\n');
  if (lines.length === 1) return `${margin}/** ${lines[0]} */\n`;
  return `${margin}/**\n${lines.map((line) => `${margin} * ${line}\n`).join('')}${margin} */\n`;
}

function block(open, lines, close) {
  return [open, ...lines, close].join('\n');
}

function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}

function json(value) {
  return JSON.stringify(value);
}
