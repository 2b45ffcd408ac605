// The explorer's HTML and the headers that go with it. The policy lets the page load and call its own server and nothing else.

import type { ExplorerAsset, ExplorerAssets } from './assets.ts';

/** The path below which the page's files are served. */
export const ASSET_PATH = '/explorer/';

/**
 * The page, for one response.
 * `endpoint` is the path of the GraphQL API; `nonce` is the one named in this response's policy.
 */
export function explorerPage(assets: ExplorerAssets, endpoint: string, nonce: string): string {
  const styles = assets.styles.map((style) => `<link rel="stylesheet" href="${url(style)}">`);
  const scripts = assets.scripts.map((script) => `<script defer src="${url(script)}"></script>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Trato explorer</title>
<link rel="icon" type="image/svg+xml" href="${url(assets.icon)}">
${styles.join('\n')}
${scripts.join('\n')}
<script type="module" src="${url(assets.client)}"></script>
</head>
<body>
<div id="explorer" data-endpoint="${escapeAttribute(endpoint)}" data-nonce="${escapeAttribute(nonce)}">
<noscript>The explorer needs JavaScript. The API itself is at ${escapeAttribute(endpoint)}.</noscript>
</div>
</body>
</html>
`;
}

/** The response headers of the page. Menus and dialogs insert a style element of their own; the nonce lets those in. */
export function explorerHeaders(nonce: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}

function url(asset: ExplorerAsset): string {
  return ASSET_PATH + asset.name;
}

function escapeAttribute(text: string): string {
  return text.replace(/[&"'<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
