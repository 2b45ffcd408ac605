// A server of its own process for the benchmarks of partners, and what they all do to it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnServer } from '../support.ts';

const KEY = 'bench-administrator-key-0123456789';
const recordOne = `mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id } userErrors { code message } } }`;
const recordMany = `mutation ($input: InteractionsRecordInput!) { interactionsRecord(input: $input) { created rejected } }`;

export type Partner = {
  origin: string;
  key: string;
  // biome-ignore lint/suspicious/noExplicitAny: data of any shape
  ask(query: string, variables?: object): Promise<any>;
  /** Records one interaction of a person; `answered` is the moment at which its commit was known. */
  record(person: number): Promise<{ id: string; answered: number }>;
  /** Records many at once. */
  recordMany(count: number, people: number): Promise<void>;
  /** Waits until a metric, given as the beginning of its line, is as it should be. */
  until(metric: string, holds: (value: number) => boolean): Promise<void>;
  stop(): Promise<void>;
};

const interaction = (person: number, subject: string) => ({
  customer: { identity: { kind: 'EMAIL', value: `person${person}@example.org` } },
  kind: 'enquiry',
  channel: 'email',
  direction: 'INBOUND',
  subject,
});

/** Starts one without demo data whose budgets refuse nothing. */
export async function startPartner(env: Record<string, string> = {}): Promise<Partner> {
  const folder = await mkdtemp(join(tmpdir(), 'trato-bench-'));
  const { origin, stop } = await spawnServer({
    TRATO_DATA_DIR: folder,
    TRATO_API_KEY: KEY,
    TRATO_COST_BUDGET: '900000000',
    TRATO_COST_RESTORE: '900000000',
    TRATO_OUTBOUND_ALLOW: '127.0.0.0/8',
    ...env,
  });
  async function ask(query: string, variables: object = {}) {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data as never;
  }
  let made = 0;
  return {
    origin,
    key: KEY,
    ask,
    async record(person) {
      const data = (await ask(recordOne, { input: interaction(person, `Question ${made++}`) })) as {
        interactionRecord: { interaction: { id: string } };
      };
      return { id: data.interactionRecord.interaction.id, answered: performance.now() };
    },
    async recordMany(count, people) {
      for (let from = 0; from < count; from += 500) {
        const rows = Array.from({ length: Math.min(500, count - from) }, () => interaction(made++ % people, `Question ${made}`));
        await ask(recordMany, { input: { rows } });
      }
    },
    async until(metric, holds) {
      const line = new RegExp(`^${metric}\\S* (\\d+(?:\\.\\d+)?)`, 'm');
      for (let i = 0; i < 1_200; i++) {
        const found = line.exec(await (await fetch(`${origin}/metrics`)).text())?.[1];
        if (holds(Number(found ?? 0))) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${metric} did not become what it should`);
    },
    async stop() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
