// Makes a workspace with its words, roles and administrator key, in one transaction and one statement per table.
import sql from 'sql-template-tag';
import { apiKeyPrefix, assertUsableApiKey, createApiKey, hashApiKey } from '../../auth/api-key.ts';
import { insertRows } from '../../commands/rows.ts';
import type { Database, Transaction } from '../../db/database.ts';
import type { ModelName } from '../../db/models.ts';
import { appendEvents } from '../../events/append.ts';
import type { NewEvent } from '../../events/types.ts';
import { newId } from '../../lib/typeid.ts';
import { channels, interactionKinds, lifecycleStages, partyRoles, relationshipKinds, roles, touchPoints } from './defaults.ts';
import { defaultCloseReasons, defaultLeadSources, defaultOpportunityRoles, defaultPipeline } from './sales-defaults.ts';

export type NewWorkspace = {
  /** Short unique name: lower-case letters, digits, `_` and `-`. */
  key: string;
  name: string;
  /** ISO 4217; EUR unless told. */
  currency?: string;
  /** IANA; UTC unless told. */
  timeZone?: string;
  /** ISO 3166-1 alpha-2. */
  country?: string | null;
  /** The administrator key; one is generated unless told. */
  apiKey?: string | undefined;
};

export type CreatedWorkspace = {
  /** UUID. */
  workspaceId: string;
  /** The administrator key, to be shown this once. */
  apiKey: string;
};

/** Makes a workspace. Throws API_KEY_UNUSABLE, and a unique violation where the key or API key is taken. */
export function createWorkspace(db: Database, input: NewWorkspace): Promise<CreatedWorkspace> {
  return db.transaction((tx) => createWorkspaceIn(tx, input));
}

/** `createWorkspace` as part of a transaction. */
export async function createWorkspaceIn(tx: Transaction, input: NewWorkspace): Promise<CreatedWorkspace> {
  const { key, name, currency = 'EUR', timeZone = 'UTC', country = null } = input;
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(key)) throw new TypeError(`"${key.slice(0, 80)}" cannot be the key of a workspace`);
  const workspaceId = newId();
  const now = new Date();
  const events: NewEvent[] = [];
  const happened = (type: string, subjectType: string, subjectId: string, after: Record<string, unknown>) =>
    events.push({ type, subjectType, subjectId, customerId: null, occurredAt: now, data: { after } });

  /** Writes the rows of one table and gives the id of each key. */
  const fill = async (model: ModelName, rows: readonly ({ key: string } & Record<string, unknown>)[]): Promise<Map<string, string>> => {
    const full = rows.map((row) => ({ workspaceId, id: newId(), ...row }));
    await insertRows(tx, model, full as never);
    for (const [i, row] of rows.entries()) happened(`${eventNoun(model)}.created`, model, full[i]!.id, row);
    return new Map(full.map((row) => [row.key, row.id]));
  };

  const values = { key, name, currency, timeZone, country };
  await insertRows(tx, 'Workspace', [{ id: workspaceId, ...values }]);
  happened('workspace.created', 'Workspace', workspaceId, values);
  const channelIds = await fill('Channel', channels);
  await fill('InteractionKind', interactionKinds);
  await fill('RelationshipKind', relationshipKinds);
  await fill('PartyRole', partyRoles);
  await fill('LifecycleStage', lifecycleStages);
  await fill(
    'TouchPoint',
    touchPoints.map(({ channel, ...point }) => ({ ...point, channelId: channelIds.get(channel)! })),
  );
  const pipelineIds = await fill('Pipeline', [defaultPipeline.pipeline]);
  await fill(
    'PipelineStage',
    defaultPipeline.stages.map((stage) => ({ ...stage, pipelineId: pipelineIds.get(defaultPipeline.pipeline.key)! })),
  );
  await fill('OpportunityRole', defaultOpportunityRoles);
  await fill('CloseReason', defaultCloseReasons);
  await fill('LeadSource', defaultLeadSources);
  const roleIds = await fill('Role', roles);
  await appendEvents(tx, system(workspaceId), events);
  const apiKey = input.apiKey ?? createApiKey().token;
  await addKey(tx, { workspaceId, roleId: roleIds.get('administrator')!, token: apiKey });
  return { workspaceId, apiKey };
}

/** Stores an administrator key by its hash. Throws API_KEY_UNUSABLE. */
export async function addKey(
  tx: Transaction,
  { workspaceId, roleId, token }: { workspaceId: string; roleId: string; token: string },
): Promise<void> {
  assertUsableApiKey(token);
  const id = newId();
  const shown = { name: 'Administrator', prefix: apiKeyPrefix(token), roleId };
  await insertRows(tx, 'ApiKey', [{ workspaceId, id, ...shown, hash: hashApiKey(token) }]);
  const event = {
    type: 'api_key.created',
    subjectType: 'ApiKey',
    subjectId: id,
    customerId: null,
    occurredAt: new Date(),
    data: { after: shown },
  };
  await appendEvents(tx, system(workspaceId), [event]);
}

/** The id of the workspace's administrator role; null where there is none. */
export async function administratorRole(tx: Transaction, workspaceId: string): Promise<string | null> {
  const [row] = await tx.query<{ id: string }>(
    sql`select id from roles where workspace_id = ${workspaceId}::uuid and key = 'administrator' and archived_at is null`,
  );
  return row?.id ?? null;
}

function system(workspaceId: string) {
  return { workspaceId, actor: { kind: 'SYSTEM' as const, id: null }, origin: null, requestId: null };
}

/** `TouchPoint` -> `touch_point`. */
function eventNoun(model: string): string {
  return model.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
}
