import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { defaultLimits } from '../graphql/limits.ts';
import { readConfig } from './config.ts';

test('nothing set: the embedded database, on this machine only', () => {
  expect(readConfig({})).toEqual({
    port: 4000,
    host: '127.0.0.1',
    databaseUrl: null,
    dataDir: resolve('.trato'),
    apiKey: null,
    demo: true,
    logLevel: 'info',
    jwt: null,
    introspection: true,
    limits: defaultLimits,
    trustedDocuments: [],
    documents: 'ANY',
    explain: false,
    explorer: true,
    plugins: { directory: null, packages: [], off: [], configFile: null },
    outboundAllow: [],
    poolSize: 10,
    poolTimeoutMs: 10_000,
    drainMs: 25_000,
    webhookRetrySeconds: null,
  });
});

test('everything set', () => {
  const env = {
    PORT: '0',
    HOST: '0.0.0.0',
    DATABASE_URL: ' postgresql://me:secret@db:5432/trato ',
    TRATO_DATA_DIR: '/var/lib/trato',
    TRATO_API_KEY: 'a-key-of-mine-1234',
    TRATO_DEMO: '0',
    TRATO_LOG_LEVEL: 'warn',
    TRATO_JWT_ISSUER: 'https://id.example/',
    TRATO_JWT_AUDIENCE: 'trato',
    TRATO_JWT_JWKS_URL: 'https://id.example/keys',
    TRATO_JWT_WORKSPACE_CLAIM: 'workspace',
    TRATO_INTROSPECTION: 'off',
    TRATO_MAX_DEPTH: '20',
    TRATO_MAX_ALIASES: '0',
    TRATO_MAX_TOKENS: '5000',
    TRATO_MAX_DIRECTIVES: '60',
    TRATO_MAX_ROOT_FIELDS: '30',
    TRATO_MAX_BODY_BYTES: '1000000',
    TRATO_COST_MAXIMUM: '1000',
    TRATO_COST_BUDGET: '2000',
    TRATO_COST_RESTORE: '50',
    TRATO_STATEMENT_TIMEOUT_MS: '0',
    TRATO_TRUSTED_DOCUMENTS: '/srv/crm.json, ./sales.json',
    TRATO_DOCUMENTS: 'trusted',
    TRATO_EXPLORER: 'no',
    TRATO_POOL_SIZE: '40',
  };
  expect(readConfig(env)).toMatchObject({
    port: 0,
    databaseUrl: 'postgresql://me:secret@db:5432/trato',
    dataDir: '/var/lib/trato',
    apiKey: 'a-key-of-mine-1234',
    demo: false,
    logLevel: 'warn',
    jwt: { issuer: 'https://id.example/', audience: 'trato', jwksUrl: 'https://id.example/keys', workspaceClaim: 'workspace' },
    introspection: false,
    limits: {
      ...defaultLimits,
      depth: 20,
      aliases: 0,
      tokens: 5_000,
      directives: 60,
      rootFields: 30,
      bodyBytes: 1_000_000,
      costMaximum: 1_000,
      costBudget: 2_000,
      costRestore: 50,
      statementTimeoutMs: 0,
    },
    trustedDocuments: ['/srv/crm.json', resolve('sales.json')],
    documents: 'TRUSTED',
    explorer: false,
    poolSize: 40,
  });
});

test('an empty setting counts as unset', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ', TRATO_API_KEY: '' })).toMatchObject({ port: 4000, databaseUrl: null, apiKey: null });
});

test.for([
  [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535'],
  [{ PORT: '65536' }, 'PORT must be at most 65535'],
  [{ DATABASE_URL: 'localhost/trato' }, 'DATABASE_URL must be a URL such as'],
  [{ TRATO_LOG_LEVEL: 'loud' }, 'TRATO_LOG_LEVEL must be one of trace'],
  [{ TRATO_API_KEY: 'short' }, 'TRATO_API_KEY cannot be used: The API key is shorter than 16 characters.'],
  [{ TRATO_JWT_ISSUER: 'id.example', TRATO_JWT_AUDIENCE: 'x' }, 'TRATO_JWT_ISSUER must be an http(s) URL'],
  [{ TRATO_JWT_ISSUER: 'https://id.example' }, 'tokens need both TRATO_JWT_ISSUER and TRATO_JWT_AUDIENCE'],
  [{ TRATO_COST_RESTORE: '0' }, 'TRATO_COST_RESTORE must be at least 1'],
  [{ TRATO_COST_BUDGET: '1000' }, 'TRATO_COST_BUDGET must be at least TRATO_COST_MAXIMUM'],
  [{ TRATO_DOCUMENTS: 'some' }, 'TRATO_DOCUMENTS must be any or trusted'],
  [{ TRATO_DOCUMENTS: 'trusted' }, 'TRATO_DOCUMENTS=trusted needs TRATO_TRUSTED_DOCUMENTS to name a manifest'],
  [{ TRATO_POOL_SIZE: '1' }, 'TRATO_POOL_SIZE must be at least 2'],
] as const)('%o', ([env, message]) => {
  expect(() => readConfig(env)).toThrow(message);
});

test('plugins: a folder, packages, and those that stay out', () => {
  const read = readConfig({
    TRATO_PLUGINS_DIR: 'mine',
    TRATO_PLUGINS: 'trato-plugin-one, @me/two',
    TRATO_PLUGINS_OFF: 'loyalty,',
    TRATO_PLUGINS_CONFIG: '/etc/plugins.json',
    TRATO_OUTBOUND_ALLOW: '10.0.0.0/8, hooks.internal',
  });
  expect(read.plugins).toEqual({
    directory: resolve('mine'),
    packages: ['trato-plugin-one', '@me/two'],
    off: ['loyalty'],
    configFile: '/etc/plugins.json',
  });
  expect(read.outboundAllow).toEqual(['10.0.0.0/8', 'hooks.internal']);
  expect(readConfig({ TRATO_PLUGINS_DIR: 'off' }).plugins.directory).toBe('off');
});
