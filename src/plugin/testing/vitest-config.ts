// The settings of vitest for plugins that lie outside of this repository; those in `plugins/` have them already.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * What `trato/plugin` stands for, and the one copy of graphql that everything must share.
 *
 * @example
 * // vitest.config.ts
 * import { pluginTests } from '../trato/src/plugin/testing/vitest-config.ts';
 * export default pluginTests;
 * // or from a checkout: npx vitest run --root ../my-plugin --config $PWD/src/plugin/testing/vitest-config.ts
 */
export const pluginTests = {
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') },
      { find: /^trato\/plugin$/, replacement: here('../index.ts') },
      { find: /^trato\/plugin\/testing$/, replacement: here('./index.ts') },
    ],
  },
  // The first start of the embedded database makes its files.
  test: { pool: 'forks' as const, testTimeout: 120_000, hookTimeout: 120_000 },
};

export default pluginTests;
