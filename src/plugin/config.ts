// Configurations of plugins: from one JSON file, or each from an environment variable of its own, which wins. Secrets stay
// out of files: `"$env:NAME"` stands for that variable. Errors name places and reasons, never values.
import { readFile } from 'node:fs/promises';
import { pluginNames } from './names.ts';

export type Env = Readonly<Record<string, string | undefined>>;
export type Configs = {
  /** What a plugin is configured with; undefined: nothing. */
  of(id: string): unknown;
  /** Plugins that are configured, as the file and the variables name them, and that nobody asked for. */
  unused(): string[];
};

const VARIABLE = 'TRATO_PLUGIN_';
const reference = /^\$env:([A-Za-z_][A-Za-z0-9_]*)$/;

/** Reads what there is. Throws an Error that names the file or the variable. */
export async function readPluginConfigs(file: string | null, env: Env): Promise<Configs> {
  const byId = file === null ? {} : await fileOf(file);
  const asked = new Set<string>();
  return {
    of(id) {
      const name = VARIABLE + pluginNames(id).upper;
      asked.add(id).add(name);
      const own = env[name]?.trim();
      if (own) return withEnv(objectOf(own, name), env, name);
      return Object.hasOwn(byId, id) ? withEnv(byId[id], env, `${file}: ${id}`) : undefined;
    },
    unused() {
      const named = [...Object.keys(byId), ...Object.keys(env).filter((name) => name.startsWith(VARIABLE) && env[name]?.trim())];
      return named.filter((name) => !asked.has(name));
    },
  };
}

async function fileOf(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`the configuration of plugins ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
  return objectOf(text, file);
}

function objectOf(text: string, place: string): Record<string, unknown> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    // What the parser says would quote what stands there.
    throw new Error(`${place} is not valid JSON`);
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) throw new Error(`${place} must be a JSON object`);
  return found as Record<string, unknown>;
}

/** The same with each `$env:NAME` replaced. */
function withEnv(value: unknown, env: Env, place: string): unknown {
  if (typeof value === 'string') {
    const name = reference.exec(value)?.[1];
    if (name === undefined) return value;
    const found = env[name];
    if (!found) throw new Error(`${place} refers to the environment variable ${name}, which is not set`);
    return found;
  }
  if (Array.isArray(value)) return value.map((one, i) => withEnv(one, env, `${place}.${i}`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withEnv(one, env, `${place}.${key}`)]));
}
