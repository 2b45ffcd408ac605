// Arguments of fields: how a list is cut, filtered and ordered; which row is asked for.
import { type GraphQLEnumType, type GraphQLField, type GraphQLInputObjectType, getNamedType } from 'graphql';
import { allEntities, type Entity } from '../../../src/query/entity.ts';
import type { Random } from '../random.ts';
import { attributeKeys } from '../samples.ts';
import { chooseRare } from './coverage.ts';
import { filterOf } from './filters.ts';
import type { Maker } from './maker.ts';
import { spoil } from './spoil.ts';

type Json = Record<string, unknown>;
/** Values by argument, how many objects of each parent they may give, and of which types. */
export type Given = { args: Json; rows: number; types?: string[] };

/** The arguments of a field of which every one of `parents` objects has one. */
export function argumentsOf(maker: Maker, type: string, field: GraphQLField<unknown, unknown>, parents: number): Given {
  const named = getNamedType(field.type).name;
  const args: Json = {};
  if (named.endsWith('Connection')) return listArguments(maker, `${type}.${field.name}`, field, named.replace(/Connection$/, ''), parents);
  const make =
    makers[`${type.replace(/^.*(?=Connection$)/, '*')}.${field.name}`] ??
    (type === 'Query' && field.args.some(({ name }) => name === 'id') ? byId : null);
  if (make) Object.assign(args, make(maker, field));
  const ids = (Array.isArray(args.ids) ? args.ids : [args.id ?? '']) as string[];
  const types = allEntities().filter(({ prefix }) => ids.some((id) => id.startsWith(`${prefix}_`)));
  return { args, rows: Math.max(1, ids.length), types: types.map(({ name }) => name) };
}

type Make = (maker: Maker, field: GraphQLField<unknown, unknown>) => Json;

const byId: Make = ({ pools }, field) => ({ id: pools.id(allEntities().find(({ singular }) => singular === field.name)?.name ?? null) });

const makers: Record<string, Make> = {
  'Query.nodes': ({ pools, random }) => ({
    ids: Array.from({ length: random.chance(0.02) ? 101 : random.int(0, 6) }, () => pools.id(null)),
  }),
  'Query.customer': (maker) => ({ by: refOf(maker, 'Customer', 'CustomerRef') }),
  'Query.user': (maker) => ({ by: refOf(maker, 'User', 'UserRef') }),
  'Query.team': (maker) => ({ by: refOf(maker, 'Team', 'TeamRef') }),
  'Query.recognise': (maker) => ({ identity: identityOf(maker) }),
  'TouchPoint.figures': periodOf,
  '*Connection.totalCount': ({ random }) =>
    random.chance(0.5) ? {} : { upTo: random.chance(0.03) ? random.pick([0, -1, 1_000_001]) : random.pick([1, 2, 5, 20, 1000, 1_000_000]) },
  '*Connection.sum': ({ random }, field) => ({
    field: random.pick((getNamedType(field.args.find(({ name }) => name === 'field')!.type) as GraphQLEnumType).getValues()).name,
    ...(random.chance(0.6) ? { currency: random.pick(['EUR', 'EUR', 'USD', 'CHF']) } : {}),
  }),
};

function identityOf({ pools, random }: Maker): Json {
  const { kind, system, original } = random.pick(pools.rows('Identity'));
  const value = kind === 'PHONE' && random.chance(0.3) ? String(original).replace('+44', '0') : original;
  if (random.chance(0.05)) return { kind, value: '???', system: '' };
  return {
    kind,
    value,
    ...(system === ''
      ? random.chance(0.1)
        ? { system: 'wrong' }
        : {}
      : { system: random.chance(0.3) ? String(system).toUpperCase() : system }),
  };
}

function refOf(maker: Maker, entity: 'Customer' | 'User' | 'Team', type: string): Json {
  const { pools, random, coverage, schema } = maker;
  const name = chooseRare(random, coverage, type, Object.keys((schema.getType(type) as GraphQLInputObjectType).getFields()));
  if (name === 'id') return { id: pools.id(entity) };
  if (name === 'identity') return { identity: identityOf(maker) };
  if (name === 'email') return { email: random.chance(0.8) ? `User${random.int(0, 14)}@example.com` : 'nonsense' };
  if (entity === 'Customer') {
    const identities = pools.rows('Identity').filter(({ kind }) => kind === 'EXTERNAL');
    if (identities.length === 0) return { externalId: { system: 'none', value: 'nobody' } };
    const { system, value } = random.pick(identities);
    return { externalId: { system, value } };
  }
  const known = pools.rows(entity).filter(({ externalSystem }) => externalSystem !== null);
  // Chance may have given none of a few teams an id of another system.
  if (known.length === 0) return { externalId: { system: 'none', value: 'nobody' } };
  const { externalSystem, externalId } = random.pick(known);
  return { externalId: { system: externalSystem, value: random.chance(0.9) ? externalId : ' ' } };
}

const momentOf = (random: Random) => new Date(Date.UTC(2025, random.int(0, 12), random.int(1, 3)));

/** Ends are told: a period up to now would end a little later in each answer. */
function periodOf({ random }: Maker): Json {
  const moment = () => momentOf(random).toISOString();
  return random.chance(0.3) ? { to: moment() } : { from: moment(), to: random.chance(0.9) ? '2026-01-15T12:00:00Z' : moment() };
}

const sizes = [1, 1, 2, 2, 3, 5, 10, 25, 100];

function listArguments(maker: Maker, coordinate: string, field: GraphQLField<unknown, unknown>, node: string, parents: number): Given {
  const { random, pools } = maker;
  const has = (name: string) => field.args.some((arg) => arg.name === name);
  const entity = allEntities().find(({ name }) => name === node);
  const most = Math.max(1, Math.floor(maker.left / parents));
  const size = Math.min(most, random.chance(0.03) ? 0 : random.pick(sizes));
  const known = random.chance(0.4) ? pools.recall(coordinate) : null;
  const args: Json = known ? { ...known.args } : chosen(maker, field, entity);
  if (known && random.chance(0.85)) {
    const backward = has('last') && random.chance(0.35);
    args[backward ? 'before' : 'after'] = random.pick(known.cursors);
    args[backward ? 'last' : 'first'] = size;
  } else if (most < 25 || random.chance(0.7)) args[has('last') && random.chance(0.25) ? 'last' : 'first'] = size;
  const rows = Number(args.first ?? args.last ?? 25);
  if (random.chance(0.05)) spoil(maker, args, { has, entity: entity ?? null });
  return { args, rows };
}

/** What a list is made of, besides its page. */
function chosen(maker: Maker, field: GraphQLField<unknown, unknown>, entity: Entity | undefined): Json {
  const { random, pools } = maker;
  const args: Json = {};
  for (const { name, type } of field.args) {
    if (name === 'filter' && entity && random.chance(0.6)) args.filter = filterOf(maker, entity);
    if (name === 'orderBy' && entity && random.chance(0.4)) args.orderBy = orderOf(maker, entity);
    if (name === 'rollUp' && random.chance(0.5)) {
      const used = pools.rows('Relationship').map(({ kindId }) => kindId);
      args.rollUp = random.chance(0.95)
        ? random.pick(pools.rows('RelationshipKind').filter(({ id }) => used.includes(id))).key
        : 'no_such_kind';
    }
    if (name === 'types' && random.chance(0.4)) {
      const named = getNamedType(type);
      const values =
        'getValues' in named ? named.getValues().map((value) => value.name) : [...new Set(pools.rows('Event').map((event) => event.type))];
      args.types = random.some(values, random.int(0, 3));
    }
    if (name === 'changed' && random.chance(0.2)) args.changed = changedNames(maker);
    if (name === 'notOrigins' && random.chance(0.2))
      args.notOrigins = random.some(
        pools.rows('Event').flatMap(({ origin }) => (origin === null ? [] : [origin])),
        random.int(0, 3),
      );
    if (name === 'at') args.at = momentOf(random).toISOString();
    if (name === 'subjectId' && random.chance(0.3)) args.subjectId = pools.id(random.pick(['Customer', 'Interaction', 'Team']));
  }
  return args;
}

/** Names of what events told as changed; seldom one that nothing has. */
function changedNames({ random, pools }: Maker): string[] {
  const told = random.some(pools.rows('Event'), random.int(0, 2)).map(({ data }) => data as { after: object });
  const names = told.flatMap(({ after }) => random.some(Object.keys(after), 1));
  return random.chance(0.05) ? [...names, 'nobody'] : names;
}

/** An order of a list, by a custom attribute with this probability where there are any. */
export function orderOf({ random }: Maker, entity: Entity, byAttribute = 0.45): Json[] {
  const fields = random.some(Object.keys(entity.orders ?? {}), random.pick([0, 1, 1, 1, 2]));
  const direction = () => (random.chance(0.3) ? {} : { direction: random.pick(['ASC', 'DESC']) });
  const terms: Json[] = fields.map((field) => ({ field, ...direction() }));
  if (entity.attributes && random.chance(byAttribute))
    terms.push({ attribute: { key: random.pick(attributeKeys), type: random.pick(['TEXT', 'NUMBER']) }, ...direction() });
  return random.chance(0.5) ? terms.reverse() : terms;
}
