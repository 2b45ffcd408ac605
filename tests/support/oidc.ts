// A real OpenID provider on an ephemeral port. Its tokens come from its own token endpoint, through a grant registered
// for tests that lets the caller choose the subject, the claims and the time to live.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK, JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
// @ts-expect-error the package ships no types; what is used of it is declared below
import { Provider as UntypedProvider } from 'oidc-provider';

type GrantContext = {
  body: unknown;
  oidc: { client: object; params: Record<string, string>; provider: Provider };
};
type Provider = {
  callback: () => (request: IncomingMessage, response: ServerResponse) => void;
  registerGrantType: (name: string, handler: (ctx: GrantContext) => Promise<void>, parameters: string[]) => void;
  AccessToken: new (input: object) => { save: () => Promise<string>; scope?: string; extra?: object };
  ResourceServer: new (identifier: string, info: object) => object;
};

export type OidcProvider = {
  issuer: string;
  /** A signed JWT access token. `expiresIn` in seconds (default 300), negative for one that has expired already. */
  issueToken: (options: TokenOptions) => Promise<string>;
  /** Replaces the signing key: the old one is no longer published. Its private part stays known as `keys[n]`. */
  rotateKeys: () => Promise<void>;
  /** Signing keys so far, private, newest last. */
  keys: readonly JWK[];
  /**
   * What the provider itself would never sign: any claims, by default with its current key and that key's id.
   * A header of `kid: undefined` names no key.
   */
  forgeToken: (claims: JWTPayload, header?: Record<string, unknown>, key?: JWK) => Promise<string>;
  /** Requests answered so far whose path starts so; '/' counts all, tokens included. */
  requests: (pathPrefix: string) => number;
  /** Answers these requests instead of the provider until called with none: for broken issuers. */
  intercept: (handler?: (request: IncomingMessage, response: ServerResponse) => unknown) => void;
  /** Stops listening; `resume` listens again on the same port. */
  pause: () => Promise<void>;
  resume: () => Promise<void>;
  stop: () => Promise<void>;
};

export type TokenOptions = { sub: string; claims?: Record<string, unknown>; audience: string; expiresIn?: number };
export type OidcAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA';

const grantType = 'urn:trato:test';
const client = { client_id: 'trato-tests', client_secret: 'not-a-secret' };

/** Starts a provider that signs with `algorithm`; stop it with `stop()`. */
export async function startOidcProvider(algorithm: OidcAlgorithm = 'ES256'): Promise<OidcProvider> {
  const paths: string[] = [];
  const keys: JWK[] = [];
  let handle: ReturnType<Provider['callback']>;
  let intercepted: Parameters<OidcProvider['intercept']>[0];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '/');
    (intercepted ?? handle)(request, response);
  });

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;

  const rotateKeys = async () => {
    const key = await newKey(algorithm);
    keys.push(key);
    handle = createProvider(issuer, algorithm, key).callback();
  };
  await rotateKeys();

  return {
    issuer,
    issueToken: (options) => requestToken(issuer, options),
    rotateKeys,
    keys,
    forgeToken: async (claims, header = {}, key = keys.at(-1) as JWK) => {
      const full = { alg: algorithm, kid: keys.at(-1)?.kid as string, ...header };
      return await new SignJWT(claims).setProtectedHeader(full).sign(await importJWK(key, algorithm));
    },
    requests: (pathPrefix) => paths.filter((path) => path.startsWith(pathPrefix)).length,
    intercept: (handler) => {
      intercepted = handler;
    },
    pause: close,
    resume: () => listen(port),
    stop: close,
  };
}

async function newKey(algorithm: OidcAlgorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: algorithm, use: 'sig' };
}

function createProvider(issuer: string, algorithm: OidcAlgorithm, key: JWK): Provider {
  const provider: Provider = new UntypedProvider(issuer, {
    // Access tokens are JWTs and clients are static: nothing is ever stored.
    adapter: () => ({ find: async () => undefined, upsert: async () => undefined }),
    clients: [
      {
        ...client,
        grant_types: [grantType],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: algorithm,
      },
    ],
    cookies: { keys: ['not-a-secret'] },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    extraTokenClaims: (ctx: GrantContext) => JSON.parse(ctx.oidc.params.claims_json ?? '{}'),
    features: { devInteractions: { enabled: false } },
    jwks: { keys: [key] },
  });
  provider.registerGrantType(grantType, (ctx) => grantToken(ctx, algorithm), ['sub', 'audience', 'expires_in', 'claims_json']);
  return provider;
}

async function grantToken(ctx: GrantContext, algorithm: OidcAlgorithm): Promise<void> {
  const { client: grantee, params, provider } = ctx.oidc;
  const expiresIn = Number(params.expires_in);
  const audience = params.audience as string;
  const resourceServer = new provider.ResourceServer(audience, {
    scope: 'crm',
    audience,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: algorithm } },
  });
  const token = new provider.AccessToken({
    accountId: params.sub,
    client: grantee,
    expiresIn,
    resourceServer,
    scope: 'crm',
  });
  ctx.body = { access_token: await token.save(), expires_in: expiresIn, token_type: 'Bearer' };
}

async function requestToken(issuer: string, options: TokenOptions): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` },
    body: new URLSearchParams({
      grant_type: grantType,
      sub: options.sub,
      audience: options.audience,
      expires_in: String(options.expiresIn ?? 300),
      claims_json: JSON.stringify(options.claims ?? {}),
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`The provider gave no token: ${response.status} ${JSON.stringify(body)}`);
  return body.access_token;
}
