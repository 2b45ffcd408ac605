import { describe, expect, it } from 'vitest';
import type { Queryable } from '../db/database.ts';
import { inOwnCurrency } from './own-currency.ts';

let asked = 0;
const db = { query: async () => [{ asked: ++asked, currency: 'GBP' }] } as unknown as Queryable;
const filled = (input: unknown) => inOwnCurrency(db, '00000000-0000-0000-0000-000000000000', input);

describe('amounts without a currency', () => {
  it('are in that of the workspace, wherever they stand; the input itself stays as it is', async () => {
    const input = {
      rows: [{ value: { amount: '1' }, at: new Date(0) }, { value: { amount: '2', currency: 'USD' } }],
      cost: { amount: '3', currency: null },
    };
    expect(await filled(input)).toEqual({
      rows: [{ value: { amount: '1', currency: 'GBP' }, at: new Date(0) }, { value: { amount: '2', currency: 'USD' } }],
      cost: { amount: '3', currency: 'GBP' },
    });
    expect(input.rows[0]).toEqual({ value: { amount: '1' }, at: new Date(0) });
  });

  it('are nothing else that has an amount, nor custom attributes of that name', async () => {
    asked = 0;
    for (const input of [
      { amount: '5', period: 'MONTH' },
      { attributes: { amount: '5' } },
      { amount: 5 },
      null,
      'text',
      [undefined, null, 1],
    ])
      expect(await filled(input)).toBe(input);
    expect(asked).toBe(0);
  });

  it('are looked for in inputs of any depth', async () => {
    let deep: unknown = { amount: 'x', more: 1 };
    for (let i = 0; i < 200_000; i++) deep = [deep];
    expect(await filled(deep)).toBe(deep);
  });
});
