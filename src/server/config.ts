// The settings of a server, read once from the environment. A bad one stops the start with one line that names it.
import { resolve } from 'node:path';
import { z } from 'zod';
import { assertUsableApiKey } from '../auth/api-key.ts';
import type { JwtConfig } from '../auth/jwt.ts';
import type { DocumentPolicy } from '../db/models.ts';
import { defaultLimits, type Limits } from '../graphql/limits.ts';
import type { PluginSettings } from '../plugin/load-all.ts';
import { startFailure } from './failure.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type Config = {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Null: the embedded database under `dataDir`. */
  databaseUrl: string | null;
  /** Absolute path. */
  dataDir: string;
  /** The administrator key of the first workspace; null: one is generated and stored in `dataDir`. */
  apiKey: string | null;
  demo: boolean;
  logLevel: (typeof logLevels)[number];
  /** Null: only API keys are accepted. */
  jwt: JwtConfig | null;
  introspection: boolean;
  /** Whether answers tell every signed-in caller the statements behind them. */
  explain: boolean;
  limits: Limits;
  /** Absolute paths of the manifests of trusted documents. */
  trustedDocuments: string[];
  /** What every caller is held to; API keys may be held to more. */
  documents: DocumentPolicy;
  /** Whether `/` serves the explorer. */
  explorer: boolean;
  plugins: PluginSettings;
  /** Private addresses and hosts that webhooks and plugins may reach. */
  outboundAllow: string[];
  /** Connections to the database that requests share. */
  poolSize: number;
  /** How long a request waits for one of them before it is refused as OVERLOADED, in milliseconds. */
  poolTimeoutMs: number;
  /** How long running requests may take to finish after a SIGTERM, in milliseconds. */
  drainMs: number;
  /** Pauses before a webhook's delivery is sent again, in seconds; null: the usual ones. */
  webhookRetrySeconds: number[] | null;
};

const flag = (whenUnset: boolean) =>
  z
    .string()
    .regex(/^(1|0|true|false|on|off|yes|no)$/i, 'must be 1 or 0')
    .transform((text) => /^(1|true|on|yes)$/i.test(text))
    .default(whenUnset);
const wholeNumber = (least: number, most: number, whenUnset: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`))
    .default(whenUnset);
const url = (pattern: RegExp, wanted: string) => z.string().refine((text) => pattern.test(text) && URL.canParse(text), `must be ${wanted}`);
const webUrl = url(/^https?:\/\//, 'an http(s) URL').optional();

const settings = z.object({
  PORT: wholeNumber(0, 65_535, 4000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: url(/^postgres(ql)?:\/\//, 'a URL such as postgresql://user:password@host:5432/database').optional(),
  TRATO_DATA_DIR: z.string().default('.trato'),
  TRATO_API_KEY: z.string().superRefine(checkApiKey).optional(),
  TRATO_DEMO: flag(true),
  TRATO_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  TRATO_JWT_ISSUER: webUrl,
  TRATO_JWT_AUDIENCE: z.string().optional(),
  TRATO_JWT_JWKS_URL: webUrl,
  TRATO_JWT_WORKSPACE_CLAIM: z.string().optional(),
  TRATO_INTROSPECTION: flag(true),
  TRATO_EXPLAIN: flag(false),
  TRATO_TRUSTED_DOCUMENTS: z.string().default(''),
  TRATO_DOCUMENTS: z.enum(['any', 'trusted'], 'must be any or trusted').default('any'),
  TRATO_EXPLORER: flag(true),
  TRATO_PLUGINS_DIR: z.string().optional(),
  TRATO_PLUGINS: z.string().default(''),
  TRATO_PLUGINS_OFF: z.string().default(''),
  TRATO_PLUGINS_CONFIG: z.string().optional(),
  TRATO_OUTBOUND_ALLOW: z.string().default(''),
  TRATO_MAX_DEPTH: wholeNumber(2, 100, defaultLimits.depth),
  TRATO_MAX_ALIASES: wholeNumber(0, 10_000, defaultLimits.aliases),
  TRATO_MAX_TOKENS: wholeNumber(100, 100_000, defaultLimits.tokens),
  TRATO_MAX_DIRECTIVES: wholeNumber(1, 10_000, defaultLimits.directives),
  TRATO_MAX_ROOT_FIELDS: wholeNumber(1, 1_000, defaultLimits.rootFields),
  TRATO_MAX_BODY_BYTES: wholeNumber(10_000, 100_000_000, defaultLimits.bodyBytes),
  TRATO_COST_MAXIMUM: wholeNumber(100, 100_000_000, defaultLimits.costMaximum),
  TRATO_COST_BUDGET: wholeNumber(100, 999_999_999, defaultLimits.costBudget),
  TRATO_COST_RESTORE: wholeNumber(1, 999_999_999, defaultLimits.costRestore),
  TRATO_STATEMENT_TIMEOUT_MS: wholeNumber(0, 3_600_000, defaultLimits.statementTimeoutMs),
  TRATO_POOL_SIZE: wholeNumber(2, 500, 10),
  TRATO_POOL_TIMEOUT_MS: wholeNumber(100, 120_000, 10_000),
  TRATO_WEBHOOK_RETRY_SECONDS: z
    .string()
    .regex(/^\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*$/, 'must be numbers of seconds, such as 5,300,1800')
    .optional(),
  TRATO_DRAIN_MS: wholeNumber(0, 600_000, 25_000),
});

function checkApiKey(key: string, ctx: z.RefinementCtx): void {
  try {
    assertUsableApiKey(key);
  } catch (error) {
    ctx.addIssue({ code: 'custom', message: `cannot be used: ${(error as Error).message}` });
  }
}

/**
 * Reads the settings; an empty one counts as unset, and relative paths start at the working directory.
 * Throws a start failure CONFIG_INVALID whose line names every bad setting and never shows a value.
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])));
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw startFailure('CONFIG_INVALID', parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '));
  }
  const found = parsed.data;
  return {
    port: found.PORT,
    host: found.HOST,
    databaseUrl: found.DATABASE_URL ?? null,
    dataDir: resolve(found.TRATO_DATA_DIR),
    apiKey: found.TRATO_API_KEY ?? null,
    demo: found.TRATO_DEMO,
    logLevel: found.TRATO_LOG_LEVEL,
    jwt: jwtOf(found),
    introspection: found.TRATO_INTROSPECTION,
    explain: found.TRATO_EXPLAIN,
    limits: configuredLimits(found),
    ...documentsOf(found),
    explorer: found.TRATO_EXPLORER,
    plugins: pluginsOf(found),
    outboundAllow: listOf(found.TRATO_OUTBOUND_ALLOW),
    poolSize: found.TRATO_POOL_SIZE,
    poolTimeoutMs: found.TRATO_POOL_TIMEOUT_MS,
    drainMs: found.TRATO_DRAIN_MS,
    webhookRetrySeconds: found.TRATO_WEBHOOK_RETRY_SECONDS?.split(',').map(Number) ?? null,
  };
}

function configuredLimits(found: z.infer<typeof settings>): Limits {
  if (found.TRATO_COST_BUDGET < found.TRATO_COST_MAXIMUM) {
    throw startFailure('CONFIG_INVALID', 'TRATO_COST_BUDGET must be at least TRATO_COST_MAXIMUM, or the largest requests could never run');
  }
  return {
    ...defaultLimits,
    depth: found.TRATO_MAX_DEPTH,
    aliases: found.TRATO_MAX_ALIASES,
    tokens: found.TRATO_MAX_TOKENS,
    directives: found.TRATO_MAX_DIRECTIVES,
    rootFields: found.TRATO_MAX_ROOT_FIELDS,
    bodyBytes: found.TRATO_MAX_BODY_BYTES,
    costMaximum: found.TRATO_COST_MAXIMUM,
    costBudget: found.TRATO_COST_BUDGET,
    costRestore: found.TRATO_COST_RESTORE,
    statementTimeoutMs: found.TRATO_STATEMENT_TIMEOUT_MS,
  };
}

function pluginsOf(found: z.infer<typeof settings>): PluginSettings {
  const { TRATO_PLUGINS_DIR: directory, TRATO_PLUGINS_CONFIG: configFile } = found;
  return {
    directory: directory === undefined ? null : directory === 'off' ? 'off' : resolve(directory),
    packages: listOf(found.TRATO_PLUGINS),
    off: listOf(found.TRATO_PLUGINS_OFF),
    configFile: configFile === undefined ? null : resolve(configFile),
  };
}

function listOf(text: string): string[] {
  return text.split(',').flatMap((one) => (one.trim() ? [one.trim()] : []));
}

function documentsOf(found: z.infer<typeof settings>): Pick<Config, 'trustedDocuments' | 'documents'> {
  const files = listOf(found.TRATO_TRUSTED_DOCUMENTS).map((file) => resolve(file));
  if (found.TRATO_DOCUMENTS === 'trusted' && files.length === 0) {
    throw startFailure('CONFIG_INVALID', 'TRATO_DOCUMENTS=trusted needs TRATO_TRUSTED_DOCUMENTS to name a manifest');
  }
  return { trustedDocuments: files, documents: found.TRATO_DOCUMENTS === 'trusted' ? 'TRUSTED' : 'ANY' };
}

function jwtOf(found: z.infer<typeof settings>): JwtConfig | null {
  const {
    TRATO_JWT_ISSUER: issuer,
    TRATO_JWT_AUDIENCE: audience,
    TRATO_JWT_JWKS_URL: jwksUrl,
    TRATO_JWT_WORKSPACE_CLAIM: workspaceClaim,
  } = found;
  if (!issuer && !audience && !jwksUrl && !workspaceClaim) return null;
  if (!issuer || !audience) {
    throw startFailure('CONFIG_INVALID', 'tokens need both TRATO_JWT_ISSUER and TRATO_JWT_AUDIENCE');
  }
  return { issuer, audience, ...(jwksUrl && { jwksUrl }), ...(workspaceClaim && { workspaceClaim }) };
}
