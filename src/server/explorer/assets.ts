// The files the explorer page is made of. Every one is named here; nothing else can be served, whatever the URL says.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One file as it is sent: its body, plain and gzipped, under a name that changes with its content. */
export type ExplorerAsset = { name: string; type: string; body: Buffer; gzipped: Buffer; etag: string };

/** The page's files by role, and the same files by the name they are served under. */
export type ExplorerAssets = {
  scripts: ExplorerAsset[];
  styles: ExplorerAsset[];
  icon: ExplorerAsset;
  client: ExplorerAsset;
  byName: ReadonlyMap<string, ExplorerAsset>;
};

const require = createRequire(import.meta.url);
const compress = promisify(gzip);

/**
 * Reads, names and compresses the explorer's files.
 * Throws when a package of the page is not installed.
 */
export async function loadExplorerAssets(): Promise<ExplorerAssets> {
  const own = import.meta.dirname;
  const javascript = 'text/javascript; charset=utf-8';
  const css = 'text/css; charset=utf-8';
  // In the order they must run: each of these scripts puts one name on `window` that the next ones use.
  const scripts = await Promise.all([
    loadAsset('react.js', javascript, join(packageFolder('react'), 'umd/react.production.min.js')),
    loadAsset('react-dom.js', javascript, join(packageFolder('react-dom'), 'umd/react-dom.production.min.js')),
    loadAsset('graphql-ws.js', javascript, join(packageFolder('graphql-ws'), 'umd/graphql-ws.min.js')),
    loadAsset('graphiql.js', javascript, join(packageFolder('graphiql'), 'graphiql.min.js')),
  ]);
  const styles = await Promise.all([
    loadAsset('graphiql.css', css, join(packageFolder('graphiql'), 'graphiql.min.css')),
    loadAsset('explorer.css', css, join(own, 'client/explorer.css')),
  ]);
  const client = await loadAsset('explorer.js', javascript, join(own, 'client/explorer.js'));
  const icon = await loadAsset('icon.svg', 'image/svg+xml', join(own, 'client/icon.svg'));
  const byName = new Map([...scripts, ...styles, client, icon].map((asset) => [asset.name, asset]));
  return { scripts, styles, client, icon, byName };
}

async function loadAsset(title: string, type: string, file: string): Promise<ExplorerAsset> {
  const body = withoutSourceMap(await readFile(file));
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  const dot = title.lastIndexOf('.');
  const name = `${title.slice(0, dot)}.${hash}${title.slice(dot)}`;
  return { name, type, body, gzipped: await compress(body), etag: `"${hash}"` };
}

/** The source maps are not served, and a reference to one shows as an error in the browser's tools. */
function withoutSourceMap(body: Buffer): Buffer {
  const at = body.lastIndexOf('//# sourceMappingURL=');
  return at < 0 ? body : body.subarray(0, at);
}

function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}
