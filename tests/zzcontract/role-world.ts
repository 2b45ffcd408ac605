// One filled workspace, asked by roles that see less than all, through a schema whose fields do not take each other along.
import { type GraphQLField, isRequiredArgument } from 'graphql';
import pino from 'pino';
import { compileRole, type RoleDefinition } from '../../src/auth/permissions.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { openDatabase } from '../../src/db/database.ts';
import { createEvents } from '../../src/events/index.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { userCreate } from '../../src/modules/access/index.ts';
import { customerCreate } from '../../src/modules/customers/customers.commands.ts';
import { interactionRecord } from '../../src/modules/interactions/interactions.commands.ts';
import { createTestDatabase } from '../support/database.ts';
import { untilCaughtUp } from './calls.ts';
import { makeNullable } from './nullable-schema.ts';
import { type ApiField, apiFields } from './probes.ts';
import { type RichWorkspace, richWorkspace, runAs } from './rich-workspace.ts';
import { type Outcome, openSandbox, type Sandbox } from './sandbox.ts';

export const schema = makeNullable(buildSchema());
export const fields = apiFields(schema);
/** Root fields that can be asked without arguments. */
export const readable = Object.values(schema.getQueryType()!.getFields()).filter((field) => !field.args.some(isRequiredArgument));

export const asField = (operation: ApiField['operation'], field: GraphQLField<unknown, unknown>): ApiField => ({
  operation,
  parent: null,
  field,
  places: [],
});

export type RoleWorld = {
  sandbox: Sandbox;
  whole: RichWorkspace;
  viewerWith(role: Partial<RoleDefinition>): Viewer;
  /** May do everything and see all but these fields. */
  hiding(...hiddenFields: string[]): Viewer;
  stop(): Promise<void>;
};

/** Two of everything, so that each link could lead elsewhere. */
export async function startRoleWorld(): Promise<RoleWorld> {
  const test = await createTestDatabase();
  const db = openDatabase(test.url, { max: 6 });
  const whole = await richWorkspace(db, { key: 'marker_a', word: 'okapi', phone: '+442079460958' });
  const done = runAs(db, whole.administrator);
  await done(userCreate as never, { name: 'Another user' });
  const customer = { id: encodeId('Customer', await done(customerCreate as never, { displayName: 'Another customer' })) };
  const conversation = { externalId: { system: 'x', value: 'x' } };
  await done(interactionRecord as never, { customer, kind: 'note', channel: 'phone', direction: 'OUTBOUND', conversation });
  const events = createEvents(db, { log: pino({ level: 'silent' }) });
  events.start();
  await events.drained();
  const sandbox = await openSandbox(test.url, schema, untilCaughtUp(events.hub));
  const viewerWith = (role: Partial<RoleDefinition>): Viewer => ({
    ...whole.administrator,
    role: compileRole({ permissions: ['*'], rowScope: {}, hiddenFields: [], ...role }),
  });
  return {
    sandbox,
    whole,
    viewerWith,
    hiding: (...hiddenFields) => viewerWith({ hiddenFields }),
    async stop() {
      await sandbox.close();
      await events.stop();
      await db.close();
      await test.drop();
    },
  };
}

export function codesOf({ errors }: Outcome): string[] {
  return errors.map((error) => error.code);
}
