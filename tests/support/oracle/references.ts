// Root fields that find one row by one of its names, and recognise. What a name may look like is the business of inputs, which
// are shared with the commands.
import { hasPermission } from '../../../src/auth/permissions.ts';
import { teamRef, userRef } from '../../../src/modules/access/refs.ts';
import { isUserError, type NormalIdentity, normaliseIdentity } from '../../../src/modules/customers/identity.ts';
import { customerRef } from '../../../src/modules/customers/resolve.ts';
import { entityNamed } from '../../../src/query/entity.ts';
import { idOfRow } from './entity-fields.ts';
import { oneOf } from './list.ts';
import { demandRead, demandShown, type Oracle } from './policy.ts';
import { demand, refuse } from './refuse.ts';
import type { Row } from './tables.ts';

type Parsed<T> = { success: true; data: T } | { success: false; error: { issues: object[] } };
type Named = { id?: string | undefined; email?: string | undefined; externalId?: { system: string; value: string } | undefined };
type Identity = { kind: string; system?: string | null; value: string };

function accepted<T>(parsed: Parsed<T>): T {
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as { params?: { code?: string } }[];
  return refuse(issue?.params?.code === 'ID_INVALID' ? 'ID_INVALID' : 'BAD_USER_INPUT');
}

const refs = { User: userRef(''), Team: teamRef('') };
const customers = customerRef('');

/** `user(by:)` and `team(by:)`. */
export function byName(oracle: Oracle, name: 'User' | 'Team', by: unknown): Row | null {
  const entity = entityNamed(name);
  demandRead(oracle.viewer, entity);
  const ref = accepted<Named>(refs[name].safeParse(by) as Parsed<Named>);
  for (const field of Object.keys(ref)) if (field !== 'id') demandShown(oracle.viewer, entity, field);
  const fits = (row: Row) => {
    if (ref.externalId) return row.externalSystem === ref.externalId.system && row.externalId === ref.externalId.value;
    return ref.email === undefined ? row.id === ref.id : row.email === ref.email;
  };
  const row = oracle.tables.rows(name).find((one) => one.workspaceId === oracle.viewer.workspaceId && fits(one));
  return row ? oneOf(oracle, name, row.id) : null;
}

/** `customer(by:)`. */
export function customerBy(oracle: Oracle, by: unknown): Row | null {
  const { viewer } = oracle;
  demandRead(viewer, entityNamed('Customer'));
  type Ref = { id?: string; identity?: Identity; externalId?: { system: string; value: string } };
  const ref = accepted<Ref>(customers.safeParse(by) as Parsed<Ref>);
  if (ref.id) return oneOf(oracle, 'Customer', ref.id);
  demandShown(viewer, entityNamed('Customer'), 'identities');
  for (const field of ['kind', 'system', 'value', 'customer']) demandShown(viewer, entityNamed('Identity'), field);
  const found = ownerOf(oracle, ref.identity ?? { kind: 'EXTERNAL', ...ref.externalId! });
  return found ? oneOf(oracle, 'Customer', found.id) : null;
}

/** Whose the identity is, whoever may see it. */
function ownerOf({ tables, viewer }: Oracle, asked: Identity): Row | null {
  const { country } = tables.byId('Workspace', viewer.workspaceId, viewer.workspaceId) as Row & { country: string | null };
  const identity = normaliseIdentity(asked as never, country);
  if (isUserError(identity)) refuse('BAD_USER_INPUT');
  const same = (row: Row) => (['kind', 'system', 'value'] as const).every((part) => row[part] === (identity as NormalIdentity)[part]);
  const found = tables.rows('Identity').find((row) => row.workspaceId === viewer.workspaceId && same(row));
  return found ? tables.byId('Customer', viewer.workspaceId, found.customerId)! : null;
}

/** `recognise(identity:)`: for those with the permission, whatever else the role hides. */
export function recognise(oracle: Oracle, identity: Identity): unknown {
  demand(hasPermission(oracle.viewer.role, 'recognise'), 'FORBIDDEN');
  const customer = ownerOf(oracle, identity);
  if (!customer) return null;
  const { tables, viewer } = oracle;
  const nameIn = (model: 'LifecycleStage' | 'User' | 'Team' | 'Channel' | 'InteractionKind', id: unknown) =>
    tables.byId(model, viewer.workspaceId, id)?.name ?? null;
  const newest = (rows: Row[], at: string, most: number) =>
    rows
      .filter((row) => row.workspaceId === viewer.workspaceId && row.customerId === customer.id)
      .sort((a, b) => (b[at] as Date).getTime() - (a[at] as Date).getTime() || (a.id < b.id ? 1 : -1))
      .slice(0, most);
  return {
    ...customer,
    customerId: idOfRow('Customer', customer.id),
    stage: nameIn('LifecycleStage', customer.stageId),
    owner: nameIn('User', customer.ownerId),
    team: nameIn('Team', customer.teamId),
    lastContacts: newest(tables.rows('Interaction'), 'occurredAt', 5).map((row) => ({
      ...row,
      at: row.occurredAt,
      channel: nameIn('Channel', row.channelId),
      kind: nameIn('InteractionKind', row.kindId),
    })),
    openMatters: newest(
      tables.rows('Conversation').filter(({ status }) => status === 'OPEN'),
      'createdAt',
      10,
    ).map((row) => ({
      conversationId: idOfRow('Conversation', row.id),
      subject: row.subject,
      channel: nameIn('Channel', row.channelId),
      since: row.createdAt,
    })),
  };
}
