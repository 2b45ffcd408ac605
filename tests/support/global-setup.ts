// One PostgreSQL for the whole run, started when the first test asks for a database: a run of pure tests pays nothing.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { reasonOf } from '../../src/db/migrations/errors.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let broker: Server | undefined;
let starting: Promise<TestServer> | undefined;

export async function setup(project: TestProject): Promise<void> {
  broker = createServer(async (_request, response) => {
    starting ??= startTestServer();
    try {
      const { url, template, prefix } = await starting;
      response.end(JSON.stringify({ url, template, prefix }));
    } catch (error) {
      response.writeHead(500).end(reasonOf(error));
    }
  });
  await new Promise<void>((resolve) => broker?.listen(0, '127.0.0.1', resolve));
  project.provide('testServer', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`);
}

export async function teardown(): Promise<void> {
  broker?.closeAllConnections();
  broker?.close();
  const server = await starting?.catch(() => undefined);
  await server?.stop();
}
