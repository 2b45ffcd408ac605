// The seed of the whole run, and its one PostgreSQL, started when the first test asks for a database: pure tests pay nothing.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { reasonOf } from '../../src/db/migrations/errors.ts';
import { seedOfRun } from './seed.ts';
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
  const seed = seedOfRun();
  console.info(`Tests draw from TRATO_SEED=${seed}.`);
  project.provide('seed', seed);
  await new Promise<void>((resolve) => broker?.listen(0, '127.0.0.1', resolve));
  project.provide('testServer', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`);
}

export async function teardown(): Promise<void> {
  broker?.closeAllConnections();
  broker?.close();
  const server = await starting?.catch(() => undefined);
  await server?.stop();
}
