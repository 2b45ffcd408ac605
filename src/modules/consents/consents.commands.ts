// Giving and withdrawing consent.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { defineCommand } from '../../commands/command.ts';
import { dateTime, input, key } from '../../commands/fields.ts';
import { allColumns, notFound, writeManyChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { ConsentRow } from '../../db/models.ts';
import { type CustomerRef, customerRef, requireCustomer } from '../customers/index.ts';
import { checkGiven, consentFields, type GivenConsent, giveConsent } from './give.ts';

export const consentGive = defineCommand<GivenConsent & { customer: CustomerRef }, { id: string }>({
  name: 'consentGive',
  description: 'Writes down what a customer agreed to. The same that holds already stays as it is.',
  permission: 'consents:write',
  input: input('ConsentGiveInput', 'Who agrees to what.', {
    customer: customerRef('Who agrees.'),
    ...consentFields,
  }) as unknown as z.ZodType<GivenConsent & { customer: CustomerRef }>,
  run: async (ctx, { customer, ...given }) => {
    checkGiven(ctx, given);
    const customerId = await requireCustomer(ctx, customer, ['customer']);
    return { id: await giveConsent(ctx, customerId, given) };
  },
});

type WithdrawInput = { customer: CustomerRef; purpose: string; withdrawnAt?: Date | null };

export const consentWithdraw = defineCommand<WithdrawInput, { id: string }>({
  name: 'consentWithdraw',
  description: 'A customer does not agree any more: everything that was given for the purpose is withdrawn, and its record stays.',
  permission: 'consents:write',
  input: input('ConsentWithdrawInput', 'Who withdraws what.', {
    customer: customerRef('Who withdraws.'),
    purpose: key('What it was for.'),
    withdrawnAt: dateTime('When it was withdrawn; now unless told. Neither in the future nor before it was given.').nullish(),
  }) as unknown as z.ZodType<WithdrawInput>,
  run: async (ctx, { customer, purpose, withdrawnAt }) => {
    const at = withdrawnAt ?? ctx.now;
    if (at > ctx.now) reject('IN_FUTURE', 'A consent cannot be withdrawn in the future.', ['withdrawnAt']);
    const customerId = await requireCustomer(ctx, customer, ['customer']);
    const held =
      await ctx.tx.query<ConsentRow>(sql`select ${allColumns('Consent')} from consents where workspace_id = ${ctx.workspaceId}::uuid
      and customer_id = ${customerId}::uuid and purpose = ${purpose} and status = 'GRANTED' order by given_at, id`);
    const last = held.at(-1) ?? notFound('Consent', ['purpose']);
    if (withdrawnAt && last.givenAt > at) reject('PERIOD_INVALID', 'It was given after that.', ['withdrawnAt']);
    const after = { status: 'WITHDRAWN' as const, withdrawnAt: at };
    await writeManyChanges(
      ctx,
      'Consent',
      held.map(({ id }) => ({ id, after })),
    );
    for (const { id } of held) {
      const data = { before: { status: 'GRANTED', withdrawnAt: null }, after };
      ctx.emit({ type: 'consent.withdrawn', subjectType: 'Consent', subjectId: id, customerId, data });
    }
    return { id: last.id };
  },
});
