// Before anything is sent: does the server know every field that the mapping fills? Asked by introspection; where that
// is switched off the first batch finds out.
import type { ApiClient } from '../api/client.ts';
import { isApiFailure } from '../api/client.ts';
import { failure } from '../failure.ts';
import type { MappingIssue, SourceValues } from './expression.ts';
import type { Mapping } from './mapping.ts';
import type { Target } from './targets.ts';

type TypeRef = { kind: string; name: string | null; ofType?: TypeRef | null };
type InputField = { name: string; defaultValue: string | null; type: TypeRef };
type InputType = { kind: string; name: string; inputFields: InputField[] | null; enumValues: { name: string }[] | null };
export type ServerTypes = { mutations: Map<string, TypeRef | undefined>; types: Map<string, InputType> };

const QUERY = `query ImportTypes { __schema {
  mutationType { fields { name args { name type { kind name ofType { kind name } } } } }
  types { kind name enumValues { name } inputFields { name defaultValue type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } }
} }`;

/** Asks the server for its input types; undefined where it does not tell them. Throws where it cannot be reached at all. */
export async function serverTypes(client: ApiClient, retryForMs: number): Promise<ServerTypes | undefined> {
  type Answer = { __schema: { mutationType: { fields: { name: string; args: { name: string; type: TypeRef }[] }[] }; types: InputType[] } };
  try {
    const { __schema: schema } = await client.request<Answer>(QUERY, {}, { retryForMs });
    return {
      mutations: new Map(schema.mutationType.fields.map(({ name, args }) => [name, args.find((arg) => arg.name === 'input')?.type])),
      types: new Map(schema.types.map((type) => [type.name, type])),
    };
  } catch (error) {
    const lasting = ['SERVER_UNREACHABLE', 'SERVER_UNAVAILABLE', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_GRAPHQL'];
    if (isApiFailure(error) && !lasting.includes(error.code) && !error.code.startsWith('HTTP_')) return undefined;
    throw error;
  }
}

/** What tells one server's data from another's: the id of the key's workspace, or the address where the server does not tell it. */
export async function serverIdentity(client: ApiClient): Promise<string> {
  try {
    const { viewer } = await client.request<{ viewer: { workspace: { id: string } } }>(
      'query ImportInto { viewer { workspace { id } } }',
      {},
    );
    return viewer.workspace.id;
  } catch (error) {
    if (isApiFailure(error) && error.code === 'GRAPHQL_VALIDATION_FAILED') return client.url;
    throw error;
  }
}

const named = (type: TypeRef | null | undefined): TypeRef | undefined => (type?.ofType ? named(type.ofType) : (type ?? undefined));

/** Compares a mapping with the server's types and throws UNKNOWN_FIELD with every difference. */
export function checkAgainstServer(mapping: Pick<Mapping, 'setup' | 'passes'>, server: ServerTypes): void {
  const issues: MappingIssue[] = [];
  const rowType = (target: Target, path: string): InputType | undefined => {
    if (!server.mutations.has(target.mutation)) {
      issues.push({ path, message: `the server has no mutation ${target.mutation}` });
      return undefined;
    }
    const input = server.types.get(named(server.mutations.get(target.mutation))?.name ?? '');
    return server.types.get(named(input?.inputFields?.find((field) => field.name === 'rows')?.type)?.name ?? '');
  };
  mapping.setup.forEach(({ target, rows }, index) => {
    const type = rowType(target, `setup[${index}].into`);
    if (type)
      rows.forEach((row, at) => {
        checkObject(row, type, `setup[${index}].rows[${at}]`, server, issues);
      });
  });
  mapping.passes.forEach(({ target, template }, index) => {
    const type = rowType(target, `passes[${index}].into`);
    if (type) checkObject(template, type, `passes[${index}].row`, server, issues);
  });
  if (issues.length === 0) return;
  throw failure(
    'UNKNOWN_FIELD',
    `the mapping does not fit this server:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
  );
}

function checkObject(value: SourceValues, type: InputType, path: string, server: ServerTypes, issues: MappingIssue[]): void {
  const fields = type.inputFields ?? [];
  for (const [key, inner] of Object.entries(value)) {
    const field = fields.find(({ name }) => name === key);
    if (field) checkValue(inner, field.type, `${path}.${key}`, server, issues);
    else
      issues.push({
        path: `${path}.${key}`,
        message: `${type.name} has no field "${key}"; it has ${fields.map(({ name }) => name).join(', ')}`,
      });
  }
  for (const { name, type: fieldType, defaultValue } of fields) {
    const required = fieldType.kind === 'NON_NULL' && defaultValue === null;
    if (required && !Object.hasOwn(value, name)) issues.push({ path, message: `${type.name} needs the field "${name}"` });
  }
}

function checkValue(value: unknown, typeRef: TypeRef, path: string, server: ServerTypes, issues: MappingIssue[]): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkValue(item, typeRef, `${path}[${index}]`, server, issues);
    });
    return;
  }
  const type = server.types.get(named(typeRef)?.name ?? '');
  if (!type) return;
  if (value !== null && typeof value === 'object') {
    const isExpression = Object.keys(value).some((key) => key.startsWith('$'));
    if (type.kind === 'INPUT_OBJECT' && !isExpression) checkObject(value as SourceValues, type, path, server, issues);
    return;
  }
  const constant = typeof value === 'string' && !/[${]/.test(value);
  const names = type.enumValues?.map(({ name }) => name);
  if (constant && names && !names.includes(value))
    issues.push({ path, message: `${type.name} has no value "${value}"; it has ${names.join(', ')}` });
}
