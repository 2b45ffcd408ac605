import { createRequire } from 'node:module';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  // The one copy of graphql that Apollo Server, Pothos and graphql-ws load under Node; Vite would pick its ES module beside it.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') },
      { find: /^fast-check$/, replacement: join(import.meta.dirname, 'tests/support/fast-check.ts') },
      // Plugins import it under the package's own name, as Node resolves it.
      { find: /^trato\/plugin$/, replacement: join(import.meta.dirname, 'src/plugin/index.ts') },
      { find: /^trato\/plugin\/testing$/, replacement: join(import.meta.dirname, 'src/plugin/testing/index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'plugins/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env.TRATO_LONG === '1' ? [] : ['tests/long/**'])],
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A limit is there to end what hangs, not to measure: a busy machine takes many times as long as a quiet one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // As tests/support/eventually.ts: a second, the default, is too short for a busy machine.
    expect: { poll: { timeout: 20_000, interval: 10 } },
  },
});
