// The explorer page, used in a real browser as a newcomer uses it: offline, with a key, a query and a live subscription.

import fastify from 'fastify';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registerExplorer } from '../../src/server/explorer/index.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { type ExplorerServer, startExplorerServer } from '../support/explorer-server.ts';

const QUERY = '.graphiql-query-editor';
const HEADERS = '[aria-label="Headers"] .graphiql-editor:not(.hidden)';
const executable = findChromium();
if (!executable) console.warn('explorer tests in a browser: skipped, no Chromium found (set CHROMIUM_PATH)');

let server: ExplorerServer;
beforeAll(async () => {
  server = await startExplorerServer();
});
afterAll(() => server?.close());

describe('what is served', () => {
  test('the page names only files of its own server, under a strict policy', async () => {
    const response = await fetch(`${server.url}/`);
    const html = await response.text();
    const policy = String(response.headers.get('content-security-policy'));
    expect(response.status).toBe(200);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => String(link));
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) {
      expect(link).toMatch(/^\/explorer\/[\w-]+\.[\w-]{16}\.(js|css|svg)$/);
      const file = await fetch(server.url + link);
      expect([link, file.status]).toEqual([link, 200]);
      expect(file.headers.get('cache-control')).toContain('immutable');
      const again = await fetch(server.url + link, { headers: { 'if-none-match': String(file.headers.get('etag')) } });
      expect(again.status).toBe(304);
      await file.arrayBuffer();
    }
  });

  test('a response of the page is never the policy of another', async () => {
    const nonces = await Promise.all([0, 1].map(async () => (await fetch(`${server.url}/`)).headers.get('content-security-policy')));
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test.each(['package.json', 'react.js', '..%2f..%2fpackage.json', '%2e%2e%2findex.ts', '__proto__', '..%5cindex.ts'])(
    'no other file can be had: %s',
    async (path) => {
      expect((await fetch(`${server.url}/explorer/${path}`)).status).toBe(404);
    },
  );

  test('nothing is served when it is turned off', async () => {
    const app = fastify();
    registerExplorer(app, { endpoint: '/graphql', enabled: false });
    expect((await app.inject('/')).statusCode).toBe(404);
    await app.close();
  });

  test('a client without gzip gets the plain file', async () => {
    const html = await (await fetch(`${server.url}/`)).text();
    const link = String(/src="([^"]+graphiql[^"]+)"/.exec(html)?.[1]);
    const plain = await fetch(server.url + link, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toContain('GraphiQL');
  });
});

describe.skipIf(!executable)('in Chromium', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  /** Whether the test sends a request that is refused: Chromium writes every 401 to its console. */
  let refused: boolean;

  beforeAll(async () => {
    browser = await launchChromium(String(executable));
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1400, height: 860 } });
    complaints = [];
    refused = false;
    await context.route('**/*', (route) => {
      if (new URL(route.request().url()).origin === server.url) return route.continue();
      complaints.push(`request to ${route.request().url()}`);
      return route.abort();
    });
    page = await newPage();
  });
  afterEach(async () => {
    await context.close();
    await expect.poll(() => server.subscribers()).toBe(0);
    expect(complaints.filter((line) => !(refused && line.endsWith('a status of 401 (Unauthorized)')))).toEqual([]);
  });

  async function newPage(): Promise<Page> {
    const opened = await context.newPage();
    opened.setDefaultTimeout(60_000);
    opened.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
    });
    opened.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    return opened;
  }

  async function open(path: string): Promise<void> {
    await page.goto(server.url + path);
    await page.locator('.graphiql-query-editor .CodeMirror-code').waitFor();
  }

  async function openWithKey(): Promise<void> {
    await open(`/#key=${server.key}`);
  }

  async function replaceText(editor: string, text: string): Promise<void> {
    await page.locator(`${editor} .CodeMirror-lines`).first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(text);
  }

  const run = () => page.locator('.graphiql-execute-button').click();
  const response = () => page.locator('.result-window');
  const textOf = (editor: string) => page.locator(`${editor} .CodeMirror-code`).first().textContent();
  const localStore = () => page.evaluate('JSON.stringify(localStorage)') as Promise<string>;

  test('the key of the address is used, and is gone from the address and never on the disk', async () => {
    await openWithKey();
    expect(page.url()).toBe(`${server.url}/`);
    await expect.poll(() => textOf(HEADERS)).toContain(`Bearer ${server.key}`);
    await run();
    await response().getByText(server.customerName).waitFor();
    await expect.poll(localStore).toContain('graphiql:queries');
    expect(await localStore()).not.toContain(server.key);
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).toContain(server.key);
  });

  test('a reload keeps key, tabs and history entries usable; another browser tab has no key', async () => {
    await openWithKey();
    await run();
    await response().getByText(server.customerName).waitFor();
    await page.locator('.graphiql-tab-button').nth(1).click();
    await expect.poll(() => textOf(QUERY)).toContain('interactionRecorded');
    await expect.poll(localStore).toContain('activeTabIndex\\":1');
    await page.reload();
    await expect.poll(() => textOf(HEADERS)).toContain(server.key);
    await page.getByRole('button', { name: 'Show History' }).click();
    await page.locator('.graphiql-history-item-label').first().click();
    await expect.poll(() => textOf(HEADERS)).toContain(server.key);
    await page.reload();
    await expect.poll(() => textOf(HEADERS)).toContain(server.key);
    expect(await page.locator('.graphiql-tab').count()).toBe(2);
    page = await newPage();
    await open('/');
    expect(await page.locator('.graphiql-tab').count()).toBe(2);
    expect(await textOf(HEADERS)).not.toContain(server.key);
  });

  test('headers and a query pasted by hand give the result', async () => {
    refused = true;
    await open('/');
    await replaceText(QUERY, '{ customers(first: 1) { nodes { name: displayName } } }');
    await run();
    await response().getByText('UNAUTHENTICATED').waitFor();
    await replaceText(HEADERS, `{ "Authorization": "Bearer ${server.key}" }`);
    await run();
    await response().getByText('"name"').waitFor();
    await response().getByText(server.customerName).waitFor();
  });

  test('the documentation shows the schema, down to a field', async () => {
    await openWithKey();
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByRole('link', { name: 'Subscription', exact: true }).click();
    await docs.getByRole('link', { name: 'interactionRecorded' }).waitFor();
  });

  test('a subscription shows events as they come, and ends when stopped', async () => {
    await openWithKey();
    await page.locator('.graphiql-tab-button').nth(1).click();
    await run();
    await expect.poll(() => server.subscribers()).toBe(1);
    await server.record('First contact');
    await response().getByText('First contact').waitFor();
    await server.record('Second contact');
    await response().getByText('Second contact').waitFor();
    await response().getByText(server.customerName).waitFor();
    await run();
    await expect.poll(() => server.subscribers()).toBe(0);
  });

  test('a refused subscription says so, and a link with another key mends it in the open page', async () => {
    refused = true;
    await open('/#key=wrong');
    await page.locator('.graphiql-tab-button').nth(1).click();
    await run();
    await response().getByText('4403').waitFor();
    await page.goto(`${server.url}/#key=${server.key}`);
    await expect.poll(() => textOf(HEADERS)).toContain(server.key);
    expect(page.url()).toBe(`${server.url}/`);
    await run();
    await expect.poll(() => server.subscribers()).toBe(1);
  });

  test('menus, dialogs and new tabs work under the policy', async () => {
    await openWithKey();
    await page.getByRole('button', { name: 'Open settings dialog' }).click();
    await page.getByRole('button', { name: 'Dark' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Open short keys dialog' }).click();
    await page.getByText('Prettify editors').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add tab' }).click();
    await expect.poll(() => textOf(HEADERS)).toContain(server.key);
    await page.getByRole('button', { name: 'Prettify query' }).hover();
    await page.getByRole('tooltip').first().waitFor();
  });
});
