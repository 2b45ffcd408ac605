// The rows of a fuzzed workspace: written straight into the tables, with ties, nulls, archived ones, several currencies, and
// one customer with far more than the others.
import { insertRows } from '../../src/commands/rows.ts';
import type { Queryable } from '../../src/db/database.ts';
import type { ModelName } from '../../src/db/models.ts';
import { fillLeads } from './lead-rows.ts';
import { makeOwnWords } from './own-words.ts';
import { fillPartners } from './partner-rows.ts';
import type { Random } from './random.ts';
import { fillSales } from './sales-rows.ts';
import { attributes, day, moment, money, orNull, sentiment, text, words } from './samples.ts';
import { fillSegments } from './segment-rows.ts';

export type Rows = ({ id: string } & Record<string, unknown>)[];
/** What there is of each vocabulary, by id. */
export type Vocabulary = Record<'Channel' | 'InteractionKind' | 'RelationshipKind' | 'LifecycleStage' | 'TouchPoint' | 'Role', string[]>;

/** The workspace, what its words start with, and a number of its own. */
type Place = { workspaceId: string; shift: number; vocabulary: Vocabulary };

/** What the rows of one domain are made with. */
export type Filling = {
  workspaceId: string;
  db: Queryable;
  random: Random;
  shift: number;
  made: Record<string, Rows>;
  make(model: ModelName, many: number, row: (i: number) => Record<string, unknown>): Promise<Rows>;
  ref(rows: Rows, probability?: number): string | null;
  customerId(): string;
  external(i: number): object;
  stamps(): object;
  archivable(): object;
};

/** Fills a workspace, with ids by a chance of their own; answers the ids of what it made, by model. */
export async function fillRows(
  db: Queryable,
  random: Random,
  ids: Random,
  { workspaceId, shift, vocabulary: given }: Place,
): Promise<Record<string, Rows>> {
  const made: Record<string, Rows> = {};
  let minutes = 0;
  async function make(model: ModelName, many: number, row: (i: number) => Record<string, unknown>): Promise<Rows> {
    const rows = Array.from({ length: many }, (_, i) => ({ workspaceId, id: ids.uuid(++minutes), ...row(i) }));
    await insertRows(db, model, rows as never);
    made[model] = rows;
    return rows;
  }
  const ref = (rows: Rows, probability = 0.3) => orNull(random, random.pick(rows).id, probability);
  const known = (rows: readonly string[], probability = 0.3) => orNull(random, random.pick(rows), probability);
  const external = (i: number) =>
    random.chance(0.5) ? { externalSystem: random.pick(['erp', 'shop']), externalId: `x${i}` } : { externalSystem: null, externalId: null };
  const stamps = () => ({ version: random.int(1, 3), createdAt: moment(random), updatedAt: moment(random) });
  const archivable = () => ({ ...stamps(), archivedAt: orNull(random, moment(random), 0.85) });

  const own = await makeOwnWords(make, random, shift, archivable);
  // Few kinds of ties, so that whole families hang together.
  const vocabulary: Vocabulary = { ...given, RelationshipKind: own.RelationshipKind };
  for (const model of ['Channel', 'InteractionKind', 'LifecycleStage'] as const)
    vocabulary[model] = [...given[model].slice(0, 4), ...own[model]];
  const users = await make('User', 12, (i) => ({
    name: text(random),
    email: orNull(random, `user${i}@example.com`),
    ...external(i),
    roleId: known(vocabulary.Role),
    ...archivable(),
  }));
  const teams = await make('Team', 4, (i) => ({
    name: text(random),
    ...external(i),
    leadId: ref(users),
    parentId: null as string | null,
    ...archivable(),
  }));
  const tops = teams;
  const parts = await make('Team', 5, (i) => ({
    name: text(random),
    ...external(i + 10),
    leadId: ref(users),
    parentId: ref(tops, 0.2),
    ...archivable(),
  }));
  const allTeams = [...tops, ...parts];
  made.Team = allTeams;
  await insertRows(
    db,
    'TeamMember',
    allTeams.flatMap((team) => random.some(users, 4).map((user) => ({ workspaceId, teamId: team.id, userId: user.id }))),
  );
  await make('AttributeDefinition', 5, (i) => ({
    entity: random.pick(['CUSTOMER', 'INTERACTION']),
    key: `attribute_${i}`,
    name: text(random),
    description: orNull(random, text(random)),
    type: random.pick(['TEXT', 'NUMBER', 'MULTI_SELECT']),
    required: random.chance(0.3),
    options: random.some(words, random.int(0, 3)),
    indexed: false,
    ...archivable(),
  }));
  const points = await make('TouchPoint', 10, (i) => {
    const [costAmount, costCurrency] = money(random);
    return {
      key: `point_${i}`,
      name: text(random),
      purpose: orNull(random, text(random)),
      channelId: random.pick(vocabulary.Channel),
      stageId: known(vocabulary.LifecycleStage),
      departmentId: ref(allTeams),
      costAmount: costAmount?.startsWith('-') ? '2' : costAmount,
      costCurrency,
      monthlyTarget: orNull(random, random.int(0, 40)),
      ...archivable(),
    };
  });
  const customers = await make('Customer', 80, () => ({
    kind: random.pick(['PERSON', 'PERSON', 'ORGANISATION']),
    displayName: text(random),
    ...Object.fromEntries(
      ['givenName', 'familyName', 'legalName', 'gender', 'region', 'city', 'postalCode', 'addressLine'].map((name) => [
        name,
        orNull(random, text(random), 0.5),
      ]),
    ),
    partyRoles: random.some(['customer', 'partner', 'supplier'], random.int(0, 2)),
    birthDate: orNull(random, day(random)),
    language: orNull(random, random.pick(['en', 'de-CH'])),
    timeZone: orNull(random, 'Europe/Berlin', 0.6),
    country: orNull(random, random.pick(['GB', 'DE', 'FR'])),
    tags: random.some([...words, '{"a"}', 'with,comma'], random.int(0, 3)),
    health: random.pick(['UNKNOWN', 'HEALTHY', 'AT_RISK']),
    ownerId: ref(users),
    teamId: ref(allTeams),
    stageId: known(vocabulary.LifecycleStage),
    stageSince: orNull(random, moment(random)),
    attributes: attributes(random),
    ...archivable(),
  }));
  const customerId = () => (random.chance(0.2) ? customers[0]! : random.pick(customers)).id;
  const kinds = ['EMAIL', 'PHONE', 'SOCIAL', 'WEB_VISITOR', 'EXTERNAL'];
  await make('Identity', 110, (i) => {
    const kind = random.pick(kinds);
    const value = kind === 'EMAIL' ? `mail${i}@example.com` : kind === 'PHONE' ? `+442079460${String(i).padStart(3, '0')}` : `handle${i}`;
    const system = kind === 'EMAIL' || kind === 'PHONE' ? '' : random.pick(['erp', 'shop']);
    return {
      customerId: customerId(),
      kind,
      system,
      value,
      original: value.toUpperCase(),
      verified: random.chance(0.5),
      primary: random.chance(0.3),
      createdAt: moment(random),
    };
  });
  const knowledge = () => ({
    customerId: customerId(),
    topic: random.pick(words),
    value: text(random),
    basis: random.pick(['STATED', 'INFERRED']),
    source: orNull(random, text(random)),
    observedAt: moment(random),
    ...archivable(),
  });
  await make('Preference', 60, knowledge);
  await make('Need', 60, () => ({ ...knowledge(), metAt: orNull(random, moment(random)) }));
  await make('LifecycleTransition', 90, () => ({
    customerId: customerId(),
    fromId: known(vocabulary.LifecycleStage),
    toId: random.pick(vocabulary.LifecycleStage),
    occurredAt: moment(random),
    reason: orNull(random, text(random)),
    automatic: random.chance(0.5),
    actorKind: 'SYSTEM',
    actorId: null,
    createdAt: moment(random),
  }));
  const pairs = new Set<string>();
  const ties = Array.from({ length: 110 }, () => ({
    kindId: random.pick(vocabulary.RelationshipKind),
    fromId: customerId(),
    toId: customerId(),
  })).filter(
    ({ kindId, fromId, toId }) => fromId !== toId && !pairs.has(`${kindId}${fromId}${toId}`) && pairs.add(`${kindId}${fromId}${toId}`),
  );
  await make('Relationship', ties.length, (i) => ({
    ...ties[i],
    title: orNull(random, text(random)),
    since: orNull(random, day(random)),
    until: orNull(random, random.pick(['2020-01-01', '2090-01-01']), 0.6),
    ...external(i),
    ...archivable(),
  }));
  const conversations = await make('Conversation', 50, (i) => ({
    customerId: customerId(),
    channelId: known(vocabulary.Channel),
    subject: orNull(random, text(random)),
    status: random.pick(['OPEN', 'CLOSED']),
    ...external(i),
    closedAt: orNull(random, moment(random)),
    ...stamps(),
  }));
  const actors = () =>
    random.pick([
      { actorKind: 'SYSTEM', actorId: null },
      { actorKind: 'USER', actorId: random.pick(users).id },
      { actorKind: 'API_KEY', actorId: random.uuid(1) },
    ]);
  const interactions = await make('Interaction', 320, (i) => {
    const [costAmount, costCurrency] = money(random);
    const [valueAmount, valueCurrency] = money(random);
    return {
      customerId: customerId(),
      touchPointId: orNull(random, random.chance(0.7) ? random.pick(points).id : random.pick(vocabulary.TouchPoint)),
      channelId: random.pick(vocabulary.Channel),
      kindId: random.pick(vocabulary.InteractionKind),
      conversationId: ref(conversations),
      userId: ref(users),
      direction: random.pick(['INBOUND', 'OUTBOUND']),
      occurredAt: moment(random),
      ...external(i),
      subject: orNull(random, text(random)),
      body: orNull(random, text(random)),
      outcome: orNull(random, text(random)),
      sentiment: sentiment(random),
      duration: orNull(random, random.int(0, 5) * 60),
      costAmount,
      costCurrency,
      valueAmount,
      valueCurrency,
      attributes: attributes(random),
      ...actors(),
      ...stamps(),
    };
  });
  await make('InteractionParticipant', 120, () => ({
    interactionId: random.pick(interactions).id,
    ...(random.chance(0.5) ? { customerId: customerId(), userId: null } : { customerId: null, userId: random.pick(users).id }),
    role: random.pick(['cc', 'attendee']),
    createdAt: moment(random),
  }));
  const filling: Filling = { workspaceId, db, random, shift, made, make, ref, customerId, external, stamps, archivable };
  await fillSales(filling);
  await fillLeads(filling);
  await fillSegments(filling);
  await fillPartners(filling);
  return made;
}
