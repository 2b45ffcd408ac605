// The difference between two Prisma schema texts as SQL. The WASM engine is used for this one question: it needs a
// database adapter to start, yet a text-to-text diff asks that adapter only for the server's version.
import { readFileSync } from 'node:fs';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';

/** A schema without any model: what the first migration starts from. */
export const emptySchema = 'datasource db {\n  provider = "postgresql"\n}\n';

const columnType = { int32: 0, boolean: 5, text: 7 };
const serverVersion = {
  columnNames: ['exists', 'version', 'numeric_version'],
  columnTypes: [columnType.boolean, columnType.text, columnType.int32],
  rows: [[true, 'PostgreSQL 16.0', 160000]],
};

/**
 * Gives the SQL that leads from one schema to another, `''` when nothing has to change.
 * @throws Error with the engine's own explanation when a schema is not valid.
 */
export async function diffSchemas(from: string, to: string): Promise<string> {
  await loadEngine();
  try {
    const instance = await engine.SchemaEngine.new({ datamodels: undefined }, () => undefined, offlineAdapter());
    const result = await instance.diff({
      from: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: from }] },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: to }] },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    instance.free();
    return result.exitCode === 0 ? '' : withListsNotNull(result.stdout ?? '');
  } catch (error) {
    throw new Error(`the schema cannot be compared: ${explanation(error)}`, { cause: error });
  }
}

type WasmExports = { __wbindgen_start(): void };

// The types of Node leave WebAssembly to those of the browser, which the project does not load.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: Record<string, unknown>): Promise<{ instance: { exports: WasmExports } }>;
};

let loading: Promise<void> | undefined;

function loadEngine(): Promise<void> {
  loading ??= (async () => {
    const file = new URL('./schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
    const { instance } = await WebAssembly.instantiate(readFileSync(file), { './schema_engine_bg.js': engine });
    const glue = engine as unknown as { __wbg_set_wasm(exports: WasmExports): void };
    glue.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();
  })();
  return loading;
}

function offlineAdapter() {
  const answer = <T>(value: T) => ({ ok: true, value });
  const connection = {
    provider: 'postgres',
    adapterName: 'offline',
    getConnectionInfo: () => answer({ schemaName: 'public', supportsRelationJoins: true, maxBindValues: 32766 }),
    queryRaw: async () => answer(serverVersion),
    executeRaw: async () => answer(0),
    executeScript: async () => answer(undefined),
    dispose: async () => answer(undefined),
  };
  const connect = async () => answer(connection);
  return { provider: 'postgres', adapterName: 'offline', connect, connectToShadowDb: connect };
}

// The schema language has no null lists, but the engine leaves their columns nullable. With a default the column can
// be NOT NULL at no cost, and the row types generated from the schema hold.
function withListsNotNull(sql: string): string {
  return sql.replace(/^(\s*(?:ADD COLUMN\s+)?"[^"]+" [^\n]*?\[\])(\s+DEFAULT )/gm, '$1 NOT NULL$2');
}

function explanation(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}
