// Every code that an answer can carry is listed with its meaning, and every listed one can come.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { authErrorCodes } from '../../src/auth/auth-error.ts';
import { userErrorCodes } from '../../src/commands/user-error-codes.ts';
import { errorCatalogue } from '../../src/graphql/errors.ts';
import { buildSchema } from '../../src/graphql/schema.ts';

const root = join(import.meta.dirname, '../../src');

/** Sources below these folders, tests and helpers of tests left out. */
function sources(...folders: string[]): { file: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testing/'))
      .map((file) => ({ file: join(folder, file), text: readFileSync(join(root, folder, file), 'utf8') })),
  );
}

/** Codes that these patterns find, each with the files that have it. */
function codesIn(texts: { file: string; text: string }[], patterns: RegExp[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { file, text } of texts) {
    for (const pattern of patterns) {
      for (const [, code] of text.matchAll(pattern)) found.set(code!, [...(found.get(code!) ?? []), file]);
    }
  }
  return found;
}

const commands = sources('commands', 'modules', 'plugin').filter(({ file }) => !/user-error-codes\.ts$|^modules\/demo\//.test(file));
/** Reports of user errors, by the helpers for them and as parts of zod schemas. */
const userPatterns = [
  /\b(?:reject|userError|rowError)\(\s*'([A-Z_]+)'/g,
  // Local shorthands: refuse(code, …) and refuse(row, code, …).
  /\brefuse\(\s*(?:\w+,\s*)?'([A-Z][A-Z_]+)'/g,
  /\bcode: '([A-Z_]+)'/g,
  /\bcode: [^,\n]*\? '([A-Z_]+)' :/g,
];
const zodCodes = /const zodCodes[^{]*\{([^}]*)\}/.exec(commands.find(({ file }) => file === 'commands/command.ts')!.text)![1]!;

describe('user errors', () => {
  const used = codesIn(commands, userPatterns);
  for (const [, code] of zodCodes.matchAll(/'([A-Z_]+)'/g)) used.set(code!, ['commands/command.ts']);
  used.set('INVALID', ['commands/command.ts']);

  it('have codes that are all listed', () => {
    expect(used.size).toBeGreaterThan(40);
    // Thrown at the functions of plugins alone: callers are told PLUGIN_UNAVAILABLE.
    const atPlugins = ['PLUGIN_CAPABILITY_MISSING'];
    const unlisted = [...used].filter(
      ([code]) => !atPlugins.includes(code) && !Object.hasOwn(userErrorCodes, code) && !Object.hasOwn(errorCatalogue, code),
    );
    expect(unlisted).toEqual([]);
  });

  it('are all in use', () => {
    expect(Object.keys(userErrorCodes).filter((code) => !used.has(code))).toEqual([]);
  });

  it('are named by nothing but a literal, a code that came from elsewhere or a list', () => {
    const calls = commands.flatMap(({ file, text }) =>
      [...text.matchAll(/(?<![.\w])(?:reject|userError|rowError)\(\s*([^'\s,)][^,)]*)/g)].map(([, first]) => `${file}: ${first!.trim()}`),
    );
    // What a promise is rejected with is no user error, and codes of plugins begin with their id.
    const ofOthers = /: (new Error\(|error\b(?!\.)|`\$\{plugin\.names\.upper\}_\$\{code\}`)/;
    const passedOn = calls.filter(
      (call) =>
        !/: (code\b|code: string|found\.code|normal\.code|resolved\.error\.code|checked\.code|error\.code|index\b|\.\.\.)/.test(call) &&
        !ofOthers.test(call),
    );
    expect(passedOn).toEqual([]);
  });
});

describe('top-level errors', () => {
  const everywhere = sources('auth', 'commands', 'events', 'graphql', 'modules', 'plugin', 'query', 'server');
  const used = codesIn(everywhere, [
    /\bapiError\(\s*'([A-Z_]+)'/g,
    /\bauthError\(\s*'([A-Z_]+)'/g,
    /\bEventCursorError\(\s*'([A-Z_]+)'/g,
    /\brecoded\(\s*'([A-Z_]+)'/g,
  ]);

  it('have codes that are all in the catalogue, or tell of roles and keys at the start', () => {
    // What role definitions and keys can be refused for comes to callers as user errors, or stops the start.
    const notShown = ['PERMISSION_MALFORMED', 'ROLE_INVALID', 'API_KEY_UNUSABLE'];
    expect([...used].filter(([code]) => !Object.hasOwn(errorCatalogue, code) && !notShown.includes(code))).toEqual([]);
    expect(authErrorCodes.filter((code) => !Object.hasOwn(errorCatalogue, code)).sort()).toEqual(notShown.sort());
  });

  it('are all in use, by Trato or by Apollo Server', () => {
    const byApollo = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'OPERATION_RESOLUTION_FAILURE', 'BAD_REQUEST'];
    expect(Object.keys(errorCatalogue).filter((code) => !used.has(code) && !byApollo.includes(code))).toEqual([]);
  });

  it('have codes apart from those of user errors, but for ids', () => {
    expect(Object.keys(userErrorCodes).filter((code) => Object.hasOwn(errorCatalogue, code))).toEqual(['ID_INVALID', 'NOT_FOUND']);
  });
});

describe('the words of the schema', () => {
  it('every type, field, argument, input field and value of an enum has a description', () => {
    const missing: string[] = [];
    for (const type of Object.values(buildSchema().getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      if (!type.description) missing.push(type.name);
      if (isEnumType(type)) for (const value of type.getValues()) if (!value.description) missing.push(`${type.name}.${value.name}`);
      if (isInputObjectType(type))
        for (const field of Object.values(type.getFields())) if (!field.description) missing.push(`${type.name}.${field.name}`);
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        if (!field.description) missing.push(`${type.name}.${field.name}`);
        for (const arg of field.args) if (!arg.description) missing.push(`${type.name}.${field.name}(${arg.name})`);
      }
    }
    // The scalars of the GraphQL specification describe themselves.
    expect(missing).toEqual([]);
  });
});
