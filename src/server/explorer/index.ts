// The explorer at `/`: GraphiQL from the installed npm packages, with no network beyond this server.

import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ExplorerAsset, type ExplorerAssets, loadExplorerAssets } from './assets.ts';
import { ASSET_PATH, explorerHeaders, explorerPage } from './page.ts';

/** `endpoint`: the path of the GraphQL API, for HTTP and WebSocket alike. `enabled: false` serves nothing. */
export type ExplorerOptions = { endpoint: string; enabled?: boolean };

/**
 * Serves the explorer page at `/` and its files below `/explorer/`.
 * The files are read when the page is first asked for, so that starting the server does not wait for them.
 * The page holds no data and needs no credential; what it shows comes from the API with the reader's own key.
 */
export function registerExplorer(app: FastifyInstance, options: ExplorerOptions): void {
  if (options.enabled === false) return;
  let loading: Promise<ExplorerAssets> | undefined;
  const assets = (): Promise<ExplorerAssets> => {
    loading ??= loadExplorerAssets().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };

  app.get('/', async (_request, reply) => {
    const nonce = randomBytes(16).toString('base64url');
    const page = explorerPage(await assets(), options.endpoint, nonce);
    return reply.headers(explorerHeaders(nonce)).type('text/html; charset=utf-8').send(page);
  });

  app.get<{ Params: { file: string } }>(`${ASSET_PATH}:file`, async (request, reply) => {
    const asset = (await assets()).byName.get(request.params.file);
    if (!asset) return reply.callNotFound();
    return sendAsset(request, reply, asset);
  });
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: ExplorerAsset): FastifyReply {
  reply.headers({
    etag: asset.etag,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
  });
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  reply.type(asset.type);
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(asset.body);
  return reply.header('content-encoding', 'gzip').send(asset.gzipped);
}
