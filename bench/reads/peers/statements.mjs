// The SQL of bare Apollo and of raw HTTP: one statement per request that builds the JSON of its root field. $1: the workspace.

const utc = (column) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Nodes and page info of `page`, which holds one row more than is shown; `columns` are those of a node. */
const connection = (size, order, columns, cursor) => `
  select row_to_json(r)::text from (select
    (select coalesce(json_agg(n), '[]') from (select ${columns} from page p order by ${order} limit ${size}) n) as nodes,
    (select row_to_json(i) from (select (select count(*) from page) > ${size} as "hasNextPage",
      (select ${cursor} from page p order by ${order} offset least(${size}, (select count(*) from page)) - 1 limit 1) as "endCursor") i) as "pageInfo") r`;

const page = (size, nested) => ({
  name: `page_${size}_${nested}`,
  values: () => [],
  text: `with page as materialized (select * from customers where workspace_id = $1 and archived_at is null order by created_at, id limit ${size + 1})
    ${connection(
      size,
      'p.created_at, p.id',
      `p.id, p.display_name as "displayName", p.country, p.health, p.tags,
      (select row_to_json(x) from (select coalesce(json_agg(i), '[]') as nodes from (
        select i.id, ${utc('i.occurred_at')} as "occurredAt", i.direction, i.subject from interactions i
        where i.workspace_id = p.workspace_id and i.customer_id = p.id order by i.occurred_at desc, i.id desc limit ${nested}) i) x) as interactions`,
      `p.created_at::text || ' ' || p.id`,
    )}`,
});

const one = {
  name: 'one',
  values: ({ id }) => [id],
  text: `select row_to_json(r)::text from (select c.id, c.display_name as "displayName", c.country, c.city, c.health, c.tags, ${utc('c.created_at')} as "createdAt",
    (select row_to_json(o) from (select u.id, u.name, u.email from users u where u.workspace_id = c.workspace_id and u.id = c.owner_id) o) as owner
    from customers c where c.workspace_id = $1 and c.id = $2) r`,
};

const deep = {
  name: 'deep',
  values: ({ country, afterName, afterId }) => [country, afterName, afterId],
  text: `with page as materialized (select * from customers where workspace_id = $1 and archived_at is null and country = $2
    and (display_name, id) > ($3, $4) order by display_name, id limit 21)
    ${connection(
      20,
      'p.display_name, p.id',
      `p.id, p.display_name as "displayName", p.country, p.health, ${utc('p.created_at')} as "createdAt"`,
      `p.display_name || ' ' || p.id`,
    )}`,
};

/** The newest of one type in a timeline: alias `s`, `fields` as pairs of JSON keys and SQL. */
const source = (type, table, customer, at, fields, kept = '') =>
  `(select '${type}' as type, s.id, s.${at} as at, json_build_object('__typename', '${type}', 'id', s.id, ${Object.entries(fields)
    .map(([key, value]) => `'${key}', ${value}`)
    .join(', ')}) as node
   from ${table} s where s.workspace_id = $1 and s.${customer} = $2${kept} order by s.${at} desc, s.id desc limit 21)`;
const live = ' and s.archived_at is null';
const timeline = {
  name: 'timeline',
  values: ({ id }) => [id],
  text: `with page as materialized (select * from (${[
    source('Interaction', 'interactions', 'customer_id', 'occurred_at', {
      subject: 's.subject',
      direction: 's.direction',
      occurredAt: utc('s.occurred_at'),
    }),
    source('Conversation', 'conversations', 'customer_id', 'created_at', { subject: 's.subject', status: 's.status' }),
    source('Preference', 'preferences', 'customer_id', 'observed_at', { topic: 's.topic', value: 's.value' }, live),
    source('Need', 'needs', 'customer_id', 'observed_at', { topic: 's.topic', value: 's.value' }, live),
    source('LifecycleTransition', 'lifecycle_transitions', 'customer_id', 'occurred_at', {
      reason: 's.reason',
      occurredAt: utc('s.occurred_at'),
    }),
    source('Relationship', 'relationships', 'from_id', 'created_at', { title: 's.title' }, live),
    source('Relationship', 'relationships', 'to_id', 'created_at', { title: 's.title' }, live),
  ].join(' union all ')}) u order by at desc, id desc limit 21)
  select row_to_json(c)::text from (select id, (${connection(20, 'p.at desc, p.id desc', `${utc('p.at')} as at, p.type, p.node`, `p.at::text || ' ' || p.id`).replace('r)::text', 'r)')}) as timeline
    from customers where workspace_id = $1 and id = $2) c`,
};

const count = {
  name: 'count',
  values: ({ country }) => [country],
  text: `select row_to_json(r)::text from (select (select row_to_json(t) from (select least(count(*), 1000000) as value, count(*) <= 1000000 as "isExact"
    from (select from customers where workspace_id = $1 and archived_at is null and country = $2 limit 1000001) x) t) as "totalCount") r`,
};

/** By the name of the operation; `root` is the field that it answers. */
export const statements = {
  Page20x5: { root: 'customers', ...page(20, 5) },
  Page100x10: { root: 'customers', ...page(100, 10) },
  One: { root: 'customer', ...one },
  Deep: { root: 'customers', ...deep },
  Timeline: { root: 'customer', ...timeline },
  Count: { root: 'customers', ...count },
};
