// The event log of the fuzzed workspaces: what commands would have written, and what they never would.
import { insertRows } from '../../src/commands/rows.ts';
import type { Queryable } from '../../src/db/database.ts';
import type { Random } from './random.ts';
import { moment, orNull, text } from './samples.ts';

type Rows = Record<string, ({ id: string } & Record<string, unknown>)[]>;

const words: Record<string, string> = {
  Customer: 'customer.updated',
  Interaction: 'interaction.recorded',
  Team: 'team.member_added',
  User: 'user.updated',
  Relationship: 'relationship.created',
  TouchPoint: 'touch_point.updated',
  LifecycleTransition: 'lifecycle_transition.created',
  Preference: 'preference.added',
  Identity: 'identity.added',
  Opportunity: 'opportunity.updated',
  Lead: 'lead.captured',
  Quote: 'quote.sent',
  SegmentMembership: 'segment.entered',
  Segment: 'segment.updated',
  OpportunityRule: 'opportunity_rule.updated',
  Webhook: 'webhook.updated',
  Message: 'message.sent',
  PluginFailure: 'plugin_failure.retried',
  Nothing: 'nothing.happened',
};

/** Appends `many` events about the rows of several workspaces, one after the other. */
export async function fillEvents(
  db: Queryable,
  random: Random,
  workspaces: { workspaceId: string; made: Rows }[],
  many: number,
): Promise<void> {
  const events = Array.from({ length: many }, (_, i) => {
    const { workspaceId, made } = random.pick(workspaces);
    const about = random.pick(Object.keys(words));
    const row = about === 'Nothing' ? null : random.pick(made[about]!);
    // An identity is told of its customer; now and then the subject is gone.
    const subject =
      about === 'Identity' ? { type: 'Customer', id: String(row!.customerId) } : { type: about, id: row?.id ?? random.uuid(i) };
    return {
      seq: BigInt(i + 1),
      workspaceId,
      id: random.uuid(i),
      type: words[about]!,
      subjectType: subject.type,
      subjectId: random.chance(0.05) ? random.uuid(i) : subject.id,
      customerId: about === 'Customer' ? subject.id : ((row?.customerId ?? row?.fromId ?? null) as string | null),
      actorKind: random.pick(['USER', 'SYSTEM']),
      actorId: orNull(random, random.pick(made.User!).id),
      origin: orNull(random, text(random)),
      requestId: orNull(random, 'request'),
      occurredAt: moment(random),
      data: dataOf(random, about, row, made),
    };
  });
  await insertRows(db, 'Event', events as never);
}

function dataOf(random: Random, about: string, row: Record<string, unknown> | null, made: Rows): object {
  if (!row) return { after: { name: text(random) } };
  const values = Object.fromEntries(random.some(Object.entries(row), 6).map(([name, value]) => [name, plain(value)]));
  if (about === 'Team') return { after: { userId: random.pick(made.User!).id } };
  if (about !== 'Customer') return { before: orNull(random, values), after: values };
  const identities = made.Identity!.slice(0, 2).map(({ kind, system, value }) => ({ kind, system, value }));
  return { after: random.chance(0.4) ? { ...values, identities } : values, reason: text(random) };
}

/** What a moment or a large number is in JSON. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'bigint' ? String(value) : value;
}
