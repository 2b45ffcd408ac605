// A workspace in which every entity has rows, made through commands. Every key in it is `key`, every text holds `word`:
// so either of them in an answer tells where the answer comes from.
import sql, { raw } from 'sql-template-tag';
import { builtInRoles } from '../../src/auth/built-in-roles.ts';
import { compileRole } from '../../src/auth/permissions.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { type Command, runCommand } from '../../src/commands/command.ts';
import type { Database } from '../../src/db/database.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { apiKeyCreate, roleCreate, teamCreate, teamMemberAdd, userCreate } from '../../src/modules/access/index.ts';
import { attributeDefinitionCommands } from '../../src/modules/attributes/index.ts';
import { customerCreate } from '../../src/modules/customers/customers.commands.ts';
import { needCommands, preferenceCommands } from '../../src/modules/customers/knowledge.commands.ts';
import { interactionRecord } from '../../src/modules/interactions/interactions.commands.ts';
import { customerMoveToStage, lifecycleStageCommands } from '../../src/modules/lifecycle/index.ts';
import { relationshipCreate } from '../../src/modules/relationships/index.ts';
import { touchPointCommands } from '../../src/modules/touchpoints/touchpoints.commands.ts';
import {
  channelCommands,
  interactionKindCommands,
  partyRoleCommands,
  relationshipKindCommands,
} from '../../src/modules/vocabularies/index.ts';
import { createWorkspace, workspaceUpdate } from '../../src/modules/workspace/index.ts';
import { allEntities, entityNamed } from '../../src/query/entity.ts';
import { tableOf } from '../../src/query/sql.ts';
import { messageData, partnerData } from './rich-partners.ts';
import { salesData, salesWords } from './rich-sales.ts';

export type RichWorkspace = {
  workspaceId: string;
  /** Key of one entry in every vocabulary, and system and value of every external reference. */
  key: string;
  /** In every text. */
  word: string;
  email: string;
  phone: string;
  /** May do everything. */
  administrator: Viewer;
  /** Entity -> TypeID of the row that is tied to all others. */
  ids: Record<string, string>;
  /** Input field -> TypeID of the row that it can name, where that takes one in a certain state. */
  fitting: Record<string, string>;
  /** TypeID of a second customer. */
  otherCustomer: string;
  /** Every TypeID and UUID of the workspace. */
  all: Set<string>;
};

type Fill = {
  key: string;
  /** With one of the letters i, l, o and u, which no id has: a new id could hold any other by chance. */
  word: string;
  phone: string;
};

/** Makes a workspace and fills it. Throws when an entity is left without a row. */
export async function richWorkspace(db: Database, { key, word, phone }: Fill): Promise<RichWorkspace> {
  const email = `${key}@example.com`;
  const text = (what: string) => `${word} ${what}`;
  const { workspaceId } = await createWorkspace(db, { key: key.replace('_', '-'), name: text('company'), country: 'GB' });
  const administrator = await administratorOf(db, workspaceId);
  const done = runAs(db, administrator);
  const externalId = { system: key, value: key };
  const named = (what: string) => ({ key, name: text(`${what} name`), description: text(`${what} description`) });

  await done(workspaceUpdate as never, { name: text('company') });
  await done(channelCommands.create as never, named('channel'));
  await done(interactionKindCommands.create as never, named('interaction kind'));
  await done(partyRoleCommands.create as never, named('party role'));
  for (const one of [key, `${key}_2`])
    await done(relationshipKindCommands.create as never, { ...named('relationship kind'), key: one, inverseName: text('inverse') });
  await done(roleCreate as never, { ...named('role'), permissions: ['customers:read', 'recognise'] });
  const role = { id: encodeId('User', await done(userCreate as never, { externalId, name: text('user'), email, role: key })) };
  const team = { id: encodeId('Team', await done(teamCreate as never, { externalId, name: text('team'), lead: role })) };
  await done(teamCreate as never, { externalId: { system: key, value: `${key}_child` }, name: text('child team'), parent: team });
  await done(teamMemberAdd as never, { team, user: role });
  const apiKey = await done(apiKeyCreate as never, { name: text('API key'), role: key });
  for (const entity of ['CUSTOMER', 'INTERACTION'])
    await done(attributeDefinitionCommands.create as never, { ...named('attribute'), entity, type: 'TEXT' });
  await done(attributeDefinitionCommands.create as never, {
    ...named('attribute'),
    key: `${key}_2`,
    entity: 'CUSTOMER',
    type: 'MULTI_SELECT',
    options: [text('option')],
  });
  await done(lifecycleStageCommands.create as never, { ...named('stage'), team });
  await done(touchPointCommands.create as never, {
    key,
    name: text('touch point'),
    purpose: text('purpose'),
    channel: key,
    stage: key,
    department: team,
    cost: { amount: '7', currency: 'GBP' },
    monthlyTarget: 3,
  });
  const fitting = await salesWords(done, { key, word, owner: role, team });
  const customers = await customerData(done, { key, vocabulary: key, word, email, phone, owner: role, team });

  const partners = await partnerData(db, done, { workspaceId, key, word });

  await tieSales(db, workspaceId);
  const { ids, all } = await idsOf(db, workspaceId);
  Object.assign(ids, { Customer: customers.main.id, Team: team.id, ApiKey: encodeId('ApiKey', apiKey) });
  return {
    workspaceId,
    key,
    word,
    email,
    phone,
    administrator,
    ids,
    fitting: { ...fitting, ...customers.fitting, ...partners },
    otherCustomer: customers.other.id,
    all,
  };
}

/** What no caller says: which rule made an opportunity, which lead it came from, which territory a lead. */
async function tieSales(db: Database, workspaceId: string): Promise<void> {
  const newest = (table: string) => sql`(select id from ${raw(table)} where workspace_id = ${workspaceId}::uuid order by id desc limit 1)`;
  await db.execute(sql`update opportunities set rule_id = ${newest('opportunity_rules')}, lead_id = ${newest('leads')}
    where workspace_id = ${workspaceId}::uuid and id = ${newest('opportunities')}`);
  await db.execute(sql`update leads set territory_id = ${newest('territories')} where workspace_id = ${workspaceId}::uuid`);
}

export type Done = (command: Command<never, { id: string }>, input: object) => Promise<string>;
type Ref = { id: string };
type CustomerData = {
  /** System and value of external references. */
  key: string;
  /** Key of the entries of vocabularies to use. */
  vocabulary: string;
  word: string;
  email: string;
  phone: string;
  owner: Ref;
  team: Ref;
};

/** Makes two customers and everything that can be known about the first, with what was to be sold to it. */
export async function customerData(
  done: Done,
  { key, vocabulary, word, email, phone, owner, team }: CustomerData,
): Promise<{ main: Ref; other: Ref; fitting: Record<string, string> }> {
  const text = (what: string) => `${word} ${what}`;
  const externalId = { system: key, value: key };
  const customer = await done(customerCreate as never, {
    externalId,
    identities: [
      { kind: 'EMAIL', value: email },
      { kind: 'PHONE', value: phone },
      { kind: 'SOCIAL', system: key, value: key },
      { kind: 'WEB_VISITOR', system: key, value: key },
    ],
    ...Object.fromEntries(
      ['displayName', 'givenName', 'familyName', 'legalName', 'gender', 'region', 'city', 'addressLine'].map((name) => [name, text(name)]),
    ),
    postalCode: word,
    country: 'GB',
    birthDate: '1980-05-17',
    partyRoles: [vocabulary],
    tags: [key, word],
    attributes: { [vocabulary]: text('customer attribute') },
    owner,
    team,
  });
  const main = { id: encodeId('Customer', customer) };
  await done(customerMoveToStage as never, { customer: main, stage: vocabulary, reason: text('reason') });
  await done(customerMoveToStage as never, { customer: main, stage: 'loyal', reason: text('reason') });
  await done(customerMoveToStage as never, { customer: main, stage: vocabulary, reason: text('reason') });
  const other = {
    id: encodeId('Customer', await done(customerCreate as never, { displayName: text('other customer'), owner, team })),
  };
  await done(relationshipCreate as never, { kind: vocabulary, from: main, to: other, title: text('title'), externalRef: externalId });
  await done(relationshipCreate as never, { kind: `${vocabulary}_2`, from: other, to: main, title: text('title') });
  const known = { customer: main, topic: text('topic'), value: text('value'), basis: 'STATED', source: text('source') };
  await done(preferenceCommands.add as never, known);
  await done(needCommands.add as never, known);
  await messageData(done, { key, vocabulary, word, customer: main });
  await done(interactionRecord as never, {
    customer: main,
    kind: vocabulary,
    touchPoint: vocabulary,
    channel: vocabulary,
    direction: 'INBOUND',
    externalRef: externalId,
    value: { amount: '12.5', currency: 'GBP' },
    cost: { amount: '2', currency: 'GBP' },
    subject: text('subject'),
    body: text('body'),
    outcome: text('outcome'),
    user: owner,
    conversation: { externalId },
    participants: [
      { user: owner, role: text('participant') },
      { customer: main, role: text('participant') },
    ],
    attributes: { [vocabulary]: text('attribute') },
  });
  const fitting = await salesData(done, { key, vocabulary, word, owner, team, customer: main, other });
  return { main, other, fitting };
}

/** Runs commands that must succeed. */
export function runAs(db: Database, viewer: Viewer): Done {
  return async (command, input) => {
    const { result, userErrors } = await runCommand({ db, viewer, requestId: 'fill' }, command, input);
    if (!result || userErrors.length > 0) throw new Error(`${command.name}: ${JSON.stringify(userErrors)}`);
    const rejected = (result as { results?: { status: string }[] }).results?.filter(({ status }) => status === 'REJECTED') ?? [];
    if (rejected.length > 0) throw new Error(`${command.name}: ${JSON.stringify(rejected)}`);
    return result.id;
  };
}

async function administratorOf(db: Database, workspaceId: string): Promise<Viewer> {
  const [key] = await db.query<{ id: string; roleId: string }>(
    sql`select id, role_id as "roleId" from api_keys where workspace_id = ${workspaceId}::uuid`,
  );
  return {
    workspaceId,
    actor: { kind: 'API_KEY', id: key!.id },
    credentialId: key!.id,
    userId: null,
    teamIds: [],
    role: compileRole(builtInRoles.administrator),
    roleName: 'administrator',
    roleId: key!.roleId,
    expiresAt: null,
    origin: null,
  };
}

/** The newest row of each entity that is none of `known`, and all ids there are. */
export async function idsOf(db: Database, workspaceId: string, known = new Set<string>()): Promise<Pick<RichWorkspace, 'ids' | 'all'>> {
  const ids: Record<string, string> = {};
  const all = new Set<string>([workspaceId]);
  for (const { name } of allEntities()) {
    const column = raw(name === 'Workspace' ? 'id' : 'workspace_id');
    const rows = await db.query<{ id: string }>(
      sql`select id from ${tableOf(entityNamed(name).name)} where ${column} = ${workspaceId}::uuid order by id desc`,
    );
    if (rows.length === 0) throw new Error(`${name} has no row: add one to tests/contract/rich-workspace.ts`);
    const newest = rows.find(({ id }) => !known.has(id));
    if (newest) ids[name] = encodeId(name, newest.id);
    for (const { id } of rows) all.add(id).add(encodeId(name, id));
  }
  return { ids, all };
}
