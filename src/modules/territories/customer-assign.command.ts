// Giving a customer to those who sell in its territory.
import type { z } from 'zod';
import { defineCommand } from '../../commands/command.ts';
import { input } from '../../commands/fields.ts';
import { changesOf, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { type CustomerRef, customerRef, requireCustomer } from '../customers/index.ts';
import { assignByTerritory } from './find.ts';

export const customerAssign = defineCommand<{ customer: CustomerRef }, { id: string }>({
  name: 'customerAssign',
  description: 'Sets owner and team of a customer by its territory. NO_TERRITORY where no territory takes it.',
  permission: 'customers:write',
  input: input('CustomerAssignInput', 'Whom to assign.', {
    customer: customerRef('The customer.'),
  }) as unknown as z.ZodType<{ customer: CustomerRef }>,
  run: async (ctx, { customer }) => {
    const id = await requireCustomer(ctx, customer, ['customer']);
    const row = (await lockRow(ctx, 'Customer', id)) ?? notFound('Customer', ['customer']);
    const assigned = await assignByTerritory(ctx, id);
    if (!assigned) return reject('NO_TERRITORY', 'The customer belongs to no territory.', ['customer']);
    const data = changesOf(row, { ownerId: assigned.ownerId, teamId: assigned.teamId });
    if (!data) return { id };
    await writeChanges(ctx, 'Customer', id, data.after);
    ctx.emit({ type: 'customer.updated', subjectType: 'Customer', subjectId: id, customerId: id, data });
    return { id };
  },
});
