import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GuardedRequestOptions, guardedRequest } from './guarded-request.ts';
import { allowOutbound } from './private-address.ts';

let handle: http.RequestListener;
let requests: http.IncomingMessage[] = [];
const server = http.createServer((request, response) => {
  requests.push(request);
  handle(request, response);
});
let raw: (socket: Socket) => void;
const rawServer = createServer((socket) => {
  socket.on('error', () => undefined);
  raw(socket);
});
const portOf = (one: { address(): unknown }) => (one.address() as AddressInfo).port;
let url: string;
let rawUrl: string;

beforeAll(async () => {
  for (const one of [server, rawServer]) {
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
  }
  url = `http://127.0.0.1:${portOf(server)}/`;
  rawUrl = `http://127.0.0.1:${portOf(rawServer)}/`;
});
afterAll(() => {
  allowOutbound([]);
  server.closeAllConnections();
  server.close();
  rawServer.close();
});
beforeEach(() => {
  allowOutbound(['127.0.0.0/8']);
  requests = [];
  handle = (_request, response) => response.end('fine');
});

const ask = (target: string, more: Partial<GuardedRequestOptions> = {}) =>
  guardedRequest(target, { timeoutMs: 5_000, maxBytes: 1_000, ...more });
const codeOf = (target: string, more: Partial<GuardedRequestOptions> = {}) =>
  ask(target, more).then(
    ({ status }) => `answered ${status}`,
    (error) => error.code,
  );

describe('a guarded request', () => {
  it('sends and answers, over a connection that is kept', async () => {
    const ports = new Set<number | undefined>();
    handle = (request, response) => {
      ports.add(request.socket.remotePort);
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => response.writeHead(201, { 'x-said': 'yes' }).end(`${request.method} ${request.headers['x-a']} ${text}`));
    };
    for (let i = 0; i < 3; i++) {
      const answer = await ask(url, { method: 'PUT', headers: { 'x-a': 'b' }, body: 'größe' });
      expect(answer).toMatchObject({ status: 201, body: 'PUT b größe', truncated: false, headers: { 'x-said': 'yes' } });
    }
    expect(ports.size).toBe(1);
  });

  it('goes to no private address, in whatever form it is written', async () => {
    allowOutbound([]);
    const port = portOf(server);
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
      'localhost',
      'a.localhost.',
    ]) {
      expect([host, await codeOf(`http://${host}:${port}/`)]).toEqual([host, 'ADDRESS_REFUSED']);
    }
    expect(await codeOf('http://169.254.169.254/latest/meta-data')).toBe('ADDRESS_REFUSED');
    expect(await codeOf('http://user:word@example.com/')).toBe('ADDRESS_REFUSED');
    expect(await codeOf('file:///etc/passwd')).toBe('ADDRESS_REFUSED');
    expect(requests).toEqual([]);
  });

  it('goes where the name led when it was checked, and nowhere if any of its addresses is private', async () => {
    const target = `http://receiver.test:${portOf(server)}/`;
    const answers = [['127.0.0.1'], ['10.0.0.1'], ['8.8.8.8', '192.168.1.1'], ['8.8.8.8', '::ffff:10.0.0.1']];
    let asked = 0;
    const resolve = async () => answers[asked++]!;
    expect(await codeOf(target, { resolve })).toBe('answered 200');
    expect(requests[0]!.headers.host).toBe(`receiver.test:${portOf(server)}`);
    for (const _ of [1, 2, 3]) expect(await codeOf(target, { resolve })).toBe('ADDRESS_REFUSED');
    // Asked once for each connection: there is no second answer to be given to the connection itself.
    expect(asked).toBe(4);
    expect(requests).toHaveLength(1);
    expect(await codeOf(target, { resolve: async () => [] })).toBe('NAME_UNRESOLVED');
    expect(await codeOf(target, { resolve: () => Promise.reject(new Error('no')) })).toBe('NAME_UNRESOLVED');
    allowOutbound(['receiver.test']);
    expect(await codeOf(target, { resolve: async () => ['127.0.0.1'] })).toBe('answered 200');
  });

  it('does not follow redirects', async () => {
    handle = (_request, response) => response.writeHead(302, { location: `${url}other` }).end();
    expect(await codeOf(url)).toBe('answered 302');
    expect(requests).toHaveLength(1);
  });

  it('reads no more of a body than asked for, though it never ends', async () => {
    handle = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    };
    const { body, truncated } = await ask(url, { maxBytes: 25_000 });
    expect([body.length, truncated]).toEqual([25_000, true]);
    expect((await ask(url, { maxBytes: 0 })).body).toBe('');
  });

  it('ends in time, wherever the other side stands still', async () => {
    const stalls: http.RequestListener[] = [
      () => undefined,
      (_request, response) => response.writeHead(200).write('x'),
      (_request, response) => response.writeContinue(),
    ];
    for (const stall of stalls) {
      handle = stall;
      expect(await codeOf(url, { timeoutMs: 100 })).toBe('TIMEOUT');
    }
    expect(await codeOf(`http://slow.test:${portOf(server)}/`, { timeoutMs: 100, resolve: () => new Promise(() => undefined) })).toBe(
      'TIMEOUT',
    );
    const aborting = new AbortController();
    handle = () => aborting.abort();
    expect(await codeOf(url, { signal: aborting.signal })).toBe('ABORTED');
    expect(await codeOf(url, { signal: aborting.signal })).toBe('ABORTED');
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 'ANSWER_INVALID'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}`, 'ANSWER_INVALID'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx', 'ANSWER_INVALID'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'ANSWER_INVALID'],
    ['an end before the end', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx', 'CONNECTION_FAILED'],
    ['nothing', '', 'CONNECTION_FAILED'],
  ])('tells %s', async (_name, text, code) => {
    raw = (socket) => socket.once('data', () => socket.end(text));
    expect(await codeOf(rawUrl)).toBe(code);
  });

  it('tells a refused connection', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const port = portOf(closed);
    closed.close();
    await once(closed, 'close');
    expect(await codeOf(`http://127.0.0.1:${port}/`)).toBe('CONNECTION_FAILED');
  });

  it('sends again what may be repeated where a kept connection was closed meanwhile, and only that', async () => {
    let taken = 0;
    // Answers once for each connection, and cuts it at the second request.
    raw = (socket) => {
      let asked = 0;
      socket.on('data', () => {
        taken++;
        if (++asked === 1) socket.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n');
        else socket.resetAndDestroy();
      });
    };
    expect(await codeOf(rawUrl)).toBe('answered 200');
    expect(await codeOf(rawUrl, { repeatable: true })).toBe('answered 200');
    expect(taken).toBe(3);
    expect(await codeOf(rawUrl)).toBe('answered 200');
    expect(await codeOf(rawUrl)).toBe('CONNECTION_FAILED');
  });

  it('keeps no connection for as long as the other side likes', async () => {
    const closed = new Promise((resolve) => {
      raw = (socket) => {
        socket.once('close', resolve);
        socket.on('data', () =>
          socket.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nkeep-alive: timeout=2\r\ncontent-length: 0\r\n\r\n'),
        );
      };
    });
    expect(await codeOf(rawUrl)).toBe('answered 200');
    await closed;
  });

  it('trusts no certificate that nobody vouches for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trato-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const kind = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=127.0.0.1',
    ];
    execFileSync('openssl', [...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const secure = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => response.end());
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    expect(await codeOf(`https://127.0.0.1:${portOf(secure)}/`)).toBe('TLS_FAILED');
    expect(await codeOf(`https://127.0.0.1:${portOf(server)}/`)).toBe('TLS_FAILED');
    secure.closeAllConnections();
    secure.close();
    rmSync(folder, { recursive: true });
  });
});
