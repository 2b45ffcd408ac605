// Fields of figures that JavaScript answers: amounts in the workspace's currency, and what a role may see of them.
import type { GraphQLResolveInfo } from 'graphql';
import { MoneyRef } from '../../graphql/common-types.ts';
import { type Context, viewerOf } from '../../graphql/context.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { requireRead } from '../../query/policy.ts';
import { requireColumns, requireShown } from './grouping.ts';

type WithCurrency = { currency: string };

/** An amount that is made of the values of opportunities; FORBIDDEN to a role that hides those, or another column it is made of. */
export function amountField<Row extends WithCurrency>(description: string, read: (row: Row) => string, ...made: string[]) {
  return {
    type: MoneyRef,
    description,
    resolve: (row: Row, _args: object, ctx: Context) => {
      requireColumns(viewerOf(ctx), 'Opportunity', ['valueAmount', 'baseAmount', ...made]);
      // What an opportunity does not say of these its stage says.
      requireShown(viewerOf(ctx), 'PipelineStage', made);
      return { amount: read(row), currency: row.currency };
    },
  };
}

/** The record that a row stands for, where rows are parted by such records. */
export function groupField<Row extends { by: string; group: string | null }>(by: Row['by'], entity: string, description: string) {
  return {
    type: refOf(entity),
    nullable: true as const,
    description,
    resolve: (row: Row, _args: object, ctx: Context, info: GraphQLResolveInfo) => {
      if (row.by !== by || row.group === null) return null;
      requireRead(viewerOf(ctx), entityNamed(entity));
      return entityRow(ctx, info, entityNamed(entity), row.group);
    },
  };
}
