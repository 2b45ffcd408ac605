// UserError and the concrete types that carry data.
import type { GraphQLResolveInfo } from 'graphql';
import type { UserError } from '../commands/user-errors.ts';
import { entityNamed } from '../query/entity.ts';
import { mayRead } from '../query/policy.ts';
import { builder } from './builder.ts';
import { NodeRef } from './common-types.ts';
import { type Context, viewerOf } from './context.ts';
import { entityRow } from './planned.ts';

function typeOf(error: UserError): string {
  if (error.current) return 'VersionConflictError';
  return error.existing ? 'DuplicateError' : 'InputError';
}

const UserErrorRef = builder.interfaceRef<UserError>('UserError').implement({
  description: 'Something the caller can mend.',
  resolveType: typeOf as never,
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable code, in capitals.' }),
    message: t.exposeString('message', { description: 'What is wrong, in English.' }),
    path: t.exposeStringList('path', { description: 'Where in the input: names and indexes from the input object down.' }),
  }),
});

function record(ctx: Context, info: GraphQLResolveInfo, ref: { type: string; id: string } | undefined) {
  return ref && mayRead(viewerOf(ctx), entityNamed(ref.type)) ? entityRow(ctx, info, entityNamed(ref.type), ref.id) : null;
}

builder.objectRef<UserError>('InputError').implement({
  description: 'The input cannot be used.',
  interfaces: [UserErrorRef],
  isTypeOf: (error) => typeOf(error as UserError) === 'InputError',
});

builder.objectRef<UserError>('VersionConflictError').implement({
  description: 'The record was changed since the caller read it.',
  interfaces: [UserErrorRef],
  isTypeOf: (error) => typeOf(error as UserError) === 'VersionConflictError',
  fields: (t) => ({
    current: t.field({
      type: NodeRef as never,
      nullable: true,
      description: 'The record as it is now.',
      resolve: (error, _args, ctx, info) => record(ctx, info, error.current) as never,
    }),
  }),
});

builder.objectRef<UserError>('DuplicateError').implement({
  description: 'There is such a record already.',
  interfaces: [UserErrorRef],
  isTypeOf: (error) => typeOf(error as UserError) === 'DuplicateError',
  fields: (t) => ({
    existing: t.field({
      type: NodeRef as never,
      nullable: true,
      description: 'The record that is there.',
      resolve: (error, _args, ctx, info) => record(ctx, info, error.existing) as never,
    }),
  }),
});

export const userErrorTypes = { UserError: UserErrorRef };
