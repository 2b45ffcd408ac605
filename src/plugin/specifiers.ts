// What plugins import as `trato/plugin` is this server's own, wherever they lie: two copies would not know each other.
import { registerHooks } from 'node:module';

const own: ReadonlyMap<string, string> = new Map([
  ['trato/plugin', new URL('./index.ts', import.meta.url).href],
  ['trato/plugin/testing', new URL('./testing/index.ts', import.meta.url).href],
]);

let parents: ReadonlyMap<string, string> | undefined;

/** From then on these specifiers resolve here, and `packages` from `directory` first, then from here. */
export function resolvePluginSpecifiers(packages: readonly string[], directory: string): void {
  const first = parents === undefined;
  parents = new Map([...(parents ?? []), ...packages.map((name) => [name, directory] as const)]);
  if (!first) return;
  registerHooks({
    resolve(specifier, context, next) {
      const url = own.get(specifier);
      if (url !== undefined) return { url, shortCircuit: true };
      const parentURL = context.parentURL === import.meta.url ? parents?.get(specifier) : undefined;
      if (parentURL === undefined) return next(specifier, context);
      try {
        return next(specifier, { ...context, parentURL });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
        return next(specifier, context);
      }
    },
  });
}

/** Imports the entry of a plugin. */
export function importPlugin(specifier: string): Promise<Record<string, unknown>> {
  return import(/* @vite-ignore */ specifier);
}
