// recognise(identity): the query behind a ringing phone, in one statement, for a role that may see nothing else.
import sql from 'sql-template-tag';
import type { Reader } from '../../query/reader.ts';
import type { NormalIdentity } from './identity.ts';

type Contact = { at: string; direction: string; channel: string; kind: string; subject: string | null; outcome: string | null };
type Matter = { id: string; subject: string | null; channel: string | null; since: string };

export type Recognition = {
  id: string;
  kind: string;
  displayName: string;
  language: string | null;
  health: string;
  stage: string | null;
  owner: string | null;
  team: string | null;
  lastContacts: Contact[];
  openMatters: Matter[];
};

/** How many last contacts and open matters come along. */
export const RECOGNISED_CONTACTS = 5;
export const RECOGNISED_MATTERS = 10;

/** Who has this identity; null when nobody does. Archived customers are recognised too: they may come back. */
export async function recognise(reader: Reader, identity: NormalIdentity): Promise<Recognition | null> {
  const workspaceId = sql`${reader.viewer.workspaceId}::uuid`;
  const [row] = await reader.db.query<Recognition>(sql`
    select c.id, c.kind, c.display_name as "displayName", c.language, c.health, s.name as stage, u.name as owner, t.name as team,
      (select coalesce(json_agg(row_to_json(x)), '[]') from (
        select i.occurred_at as at, i.direction, h.name as channel, k.name as kind, i.subject, i.outcome
        from (select * from interactions where workspace_id = ${workspaceId} and customer_id = c.id order by occurred_at desc, id desc limit ${RECOGNISED_CONTACTS}) i
        join channels h on h.workspace_id = i.workspace_id and h.id = i.channel_id
        join interaction_kinds k on k.workspace_id = i.workspace_id and k.id = i.kind_id
        order by i.occurred_at desc, i.id desc) x) as "lastContacts",
      (select coalesce(json_agg(row_to_json(x)), '[]') from (
        select v.id, v.subject, h.name as channel, v.created_at as since
        from (select * from conversations where workspace_id = ${workspaceId} and customer_id = c.id and status = 'OPEN' order by created_at desc, id desc limit ${RECOGNISED_MATTERS}) v
        left join channels h on h.workspace_id = v.workspace_id and h.id = v.channel_id
        order by v.created_at desc, v.id desc) x) as "openMatters"
    from identities d
    join customers c on c.workspace_id = d.workspace_id and c.id = d.customer_id
    left join lifecycle_stages s on s.workspace_id = c.workspace_id and s.id = c.stage_id
    left join users u on u.workspace_id = c.workspace_id and u.id = c.owner_id
    left join teams t on t.workspace_id = c.workspace_id and t.id = c.team_id
    where d.workspace_id = ${workspaceId} and d.kind = ${identity.kind}::identity_kind and d.system = ${identity.system} and d.value = ${identity.value}`);
  return row ?? null;
}
