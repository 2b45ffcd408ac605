// Verifies access tokens of the company's own identity provider. Only asymmetric signatures: a public key must never
// serve as an HMAC secret.

import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { authError, isAuthError } from './auth-error.ts';
import { createIssuerKeys } from './issuer-keys.ts';

export type JwtConfig = {
  /** Compared exactly with the token's `iss`. */
  issuer: string;
  /** Must be (one of) the token's `aud`. */
  audience: string;
  /** Default: the `jwks_uri` of `<issuer>/.well-known/openid-configuration`. */
  jwksUrl?: string;
  /** Allowed difference between the clocks of issuer and server; default 5. */
  clockToleranceSeconds?: number;
  /** Accepted signature algorithms; default RS256, PS256, ES256, EdDSA. */
  algorithms?: string[];
  /** The claim that names the workspace, where the issuer serves several. */
  workspaceClaim?: string;
};

export type VerifiedToken = {
  issuer: string;
  subject: string;
  email?: string;
  emailVerified: boolean;
  name?: string;
  workspace?: string;
  expiresAt: Date;
  claims: Record<string, unknown>;
};

export type TokenVerifier = { verify: (token: string) => Promise<VerifiedToken> };

const asymmetric = /^(?:(?:RS|PS)(?:256|384|512)|ES(?:256|384|512)|EdDSA|Ed25519)$/;
const defaultAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const defaultClockToleranceSeconds = 5;
const maxTokenLength = 16 * 1024;

/**
 * Makes a verifier for the tokens of one issuer; its keys are fetched at the first token, kept, and looked up anew
 * when a token names an unknown one. `verify` rejects with code `TOKEN_EXPIRED`, `TOKEN_INVALID` or
 * `TOKEN_ISSUER_UNREACHABLE` (retryable). `now` gives milliseconds since the epoch; a fetch of keys may take `fetchTimeoutMs`.
 * Throws a TypeError for a configuration that could never verify safely.
 */
export function createTokenVerifier(
  config: JwtConfig,
  { now = Date.now, fetchTimeoutMs = 5_000 }: { now?: () => number; fetchTimeoutMs?: number } = {},
): TokenVerifier {
  const algorithms = config.algorithms ?? defaultAlgorithms;
  assertUsable(config, algorithms);
  const keys = createIssuerKeys({
    issuer: config.issuer,
    now,
    fetchTimeoutMs,
    ...(config.jwksUrl && { jwksUrl: config.jwksUrl }),
  });

  async function verifyClaims(token: string): Promise<JWTPayload> {
    const options: JWTVerifyOptions = {
      issuer: config.issuer,
      audience: config.audience,
      algorithms,
      clockTolerance: config.clockToleranceSeconds ?? defaultClockToleranceSeconds,
      currentDate: new Date(now()),
      requiredClaims: ['exp'],
    };
    try {
      return (await jwtVerify(token, keys, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return await verifyWithAny(error, token, options);
    }
  }

  return {
    verify: async (token) => {
      // A token of another issuer is refused before it can cost a request to ours.
      if (issuerOf(token) !== config.issuer) throw authError('TOKEN_INVALID', 'The token is not from the expected issuer.');
      try {
        return describe(await verifyClaims(token), config);
      } catch (error) {
        throw explain(error);
      }
    },
  };
}

function assertUsable(config: JwtConfig, algorithms: string[]): void {
  const refused = algorithms.filter((algorithm) => !asymmetric.test(algorithm));
  if (algorithms.length === 0 || refused.length > 0) {
    throw new TypeError(`JWT algorithms must be asymmetric ones, at least one; not: ${refused.join(', ') || 'none given'}`);
  }
  if (!config.audience) throw new TypeError('JWT audience is missing');
  for (const url of [config.issuer, config.jwksUrl]) {
    if (url === undefined) continue;
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw new TypeError(`JWT issuer or jwksUrl is not a URL: ${url}`);
  }
}

function issuerOf(token: string): unknown {
  if (token.length > maxTokenLength) throw authError('TOKEN_INVALID', 'The token is too long.');
  try {
    return decodeJwt(token).iss;
  } catch {
    throw authError('TOKEN_INVALID', 'The token is malformed.');
  }
}

/** A token that names no key is tried against every key of its algorithm. */
async function verifyWithAny(candidates: errors.JWKSMultipleMatchingKeys, token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function describe(claims: JWTPayload, config: JwtConfig): VerifiedToken {
  const { sub, exp, email, name } = claims;
  if (typeof sub !== 'string' || sub === '') throw authError('TOKEN_INVALID', 'The token names no subject.');
  const workspace = config.workspaceClaim === undefined ? undefined : claims[config.workspaceClaim];
  if (workspace !== undefined && (typeof workspace !== 'string' || workspace === '')) {
    throw authError('TOKEN_INVALID', 'The workspace claim of the token is not a text.');
  }
  return {
    issuer: config.issuer,
    subject: sub,
    ...(typeof email === 'string' && { email }),
    // Some providers send the text "true".
    emailVerified: claims.email_verified === true || claims.email_verified === 'true',
    ...(typeof name === 'string' && { name }),
    ...(workspace !== undefined && { workspace }),
    expiresAt: new Date((exp as number) * 1000),
    claims: { ...claims },
  };
}

/** jose's errors carry the payload, and so personal data: they become our own, without a cause. */
function explain(error: unknown): unknown {
  if (isAuthError(error)) return error;
  if (error instanceof errors.JWTExpired) return authError('TOKEN_EXPIRED', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return authError('TOKEN_INVALID', `The claim "${error.claim}" of the token is missing or not as expected.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return authError('TOKEN_INVALID', 'The token is not signed with an accepted algorithm.');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return authError('TOKEN_INVALID', 'The signature of the token is wrong.');
  }
  return authError('TOKEN_INVALID', 'The token is malformed.');
}
