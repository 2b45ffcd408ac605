import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient } from '../api/client.ts';
import type { BulkServer } from '../testing/bulk-server.ts';
import { startBulkServer } from '../testing/bulk-server.ts';
import { compileMapping } from './mapping.ts';
import { checkAgainstServer, serverTypes } from './preflight.ts';
import { coercionProblem, sendRows } from './send.ts';
import type { Target } from './targets.ts';
import { TARGETS } from './targets.ts';

let server: BulkServer;
beforeEach(async () => {
  server = await startBulkServer();
});
afterEach(() => server.stop());

const client = () => createApiClient({ url: server.url, key: server.key, backoffMs: { first: 1, most: 4 } });
const interaction = (value: string, more: object = {}) => ({
  externalRef: { system: 's', value },
  customer: { externalId: { system: 's', value: 'c' } },
  kind: 'k',
  direction: 'INBOUND',
  occurredAt: '2024-01-01T00:00:00Z',
  ...more,
});
const send = (rows: object[], key = 'key', dryRun = false) =>
  sendRows(rows as Record<string, unknown>[], key, { client: client(), target: TARGETS.interactions as Target, dryRun });

describe('sendRows', () => {
  it('tells what became of each row', async () => {
    server.refuse = (_, row) => (row.subject === 'bad' ? { code: 'KIND_UNKNOWN', message: 'no such kind', path: ['kind'] } : undefined);
    const rows = [interaction('1'), interaction('2', { subject: 'bad' }), interaction('1'), interaction('1', { subject: 'new' })];
    expect(await send(rows)).toEqual([
      { status: 'CREATED' },
      { status: 'REJECTED', problems: [{ code: 'KIND_UNKNOWN', message: 'no such kind', path: ['kind'] }] },
      { status: 'UNCHANGED' },
      { status: 'UPDATED' },
    ]);
  });
  it('gives a repeated batch the first answer', async () => {
    server.fault = (request) => (request === 1 ? 'lose-answer' : undefined);
    expect(await send([interaction('1')])).toEqual([{ status: 'CREATED' }]);
    expect(server.seen.replays).toBe(1);
    expect(await send([interaction('1')])).toEqual([{ status: 'CREATED' }]);
    expect(await send([interaction('1')], 'other')).toEqual([{ status: 'UNCHANGED' }]);
  });
  it('rejects rows whose values the types refuse and sends the rest, however many', async () => {
    const rows = Array.from({ length: 130 }, (_, index) =>
      index % 2 ? interaction(`${index}`, { direction: 'SIDEWAYS' }) : interaction(`${index}`),
    );
    rows[0] = interaction('0', { value: { amount: 'much', currency: 'EUR' } });
    const results = await send(rows);
    expect(results.filter(({ status }) => status === 'CREATED')).toHaveLength(64);
    expect(results[1]).toMatchObject({
      status: 'REJECTED',
      problems: [{ code: 'INVALID_VALUE', path: ['direction'], message: expect.stringContaining('SIDEWAYS') }],
    });
    expect(results[0]).toMatchObject({ status: 'REJECTED', problems: [{ path: ['value', 'amount'] }] });
    expect(server.tables.get('interactionsRecord')?.size).toBe(64);
  });
  it('rejects a row that lacks a required field', async () => {
    const { occurredAt: _, ...row } = interaction('1');
    expect(await send([row, interaction('2')])).toMatchObject([
      { status: 'REJECTED', problems: [{ code: 'INVALID_VALUE', message: expect.stringContaining('occurredAt') }] },
      { status: 'CREATED' },
    ]);
  });
  it('ends where the server does not know a field', async () => {
    await expect(send([interaction('1', { colour: 'red' })])).rejects.toMatchObject({
      code: 'UNKNOWN_FIELD',
      message: expect.stringContaining('colour'),
    });
  });
  it('writes nothing in a dry run', async () => {
    expect(await send([interaction('1')], 'key', true)).toEqual([{ status: 'CREATED' }]);
    expect(server.tables.get('interactionsRecord')?.size ?? 0).toBe(0);
    expect(await send([interaction('1')])).toEqual([{ status: 'CREATED' }]);
  });
});

it('reads the place out of a coercion error', () => {
  expect(
    coercionProblem('Variable "$input" got invalid value { a: " at \\"x\\"" } at "input.rows[12].identities[0].kind"; Field "a".'),
  ).toEqual({ index: 12, problem: { code: 'INVALID_VALUE', path: ['identities', '0', 'kind'], message: 'Field "a".' } });
  expect(coercionProblem('Variable "$input" got invalid value 1; Expected type X to be an object.')).toBeUndefined();
});

describe('checkAgainstServer', () => {
  const check = async (json: object): Promise<string> => {
    const types = await serverTypes(client(), 0);
    if (!types) return 'no types';
    try {
      checkAgainstServer(compileMapping(json, 'm.json'), types);
      return 'fits';
    } catch (error) {
      return (error as Error).message;
    }
  };
  it('tells what the server does not have', async () => {
    const text = await check({
      setup: [{ into: 'attributeDefinitions', rows: [{ entity: 'CUSTOMERS', key: 'k', name: 'n', type: 'TEXT' }] }],
      passes: [
        {
          into: 'customers',
          row: {
            displayNam: '$a',
            identities: [{ knd: 'EMAIL', value: '$b' }],
            attributes: { any: '$c' },
            country: { $column: 'd', map: { x: 'y' } },
          },
        },
        { into: 'partyRoles', row: { key: '$k' } },
      ],
    });
    for (const line of [
      'setup[0].rows[0].entity: AttributeEntity has no value "CUSTOMERS"; it has CUSTOMER, INTERACTION',
      'passes[0].row.displayNam: CustomerUpsertRow has no field "displayNam"',
      'passes[0].row.identities[0].knd: IdentityInput has no field "knd"',
      'passes[0].row.identities[0]: IdentityInput needs the field "kind"',
      'passes[1].into: the server has no mutation partyRolesUpsert',
    ])
      expect(text).toContain(line);
    expect(text.split('\n')).toHaveLength(6);
  });
  it('is content with what fits, and silent where the server tells nothing', async () => {
    expect(await check({ passes: [{ into: 'customers', row: { externalId: { system: 's', value: '$a' } } }] })).toBe('fits');
    server.fault = () => ({
      status: 400,
      body: { errors: [{ message: 'introspection is off', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    });
    expect(await check({ passes: [{ into: 'customers', row: {} }] })).toBe('no types');
  });
});
