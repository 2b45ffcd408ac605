// The types of events that the core writes: what plugins and webhooks follow is compared with them, for a word that is none is
// never heard of. A test looks through the core's own text for others.
import { isNear, nearest } from '../lib/nearest.ts';

const made = ['created', 'updated', 'archived', 'restored'];

const verbs: Record<string, readonly string[]> = {
  ...Object.fromEntries(
    [
      ...['attribute_definition', 'channel', 'close_reason', 'competitor', 'interaction_kind', 'lead_criterion', 'lead_source'],
      ...['lifecycle_stage', 'opportunity_role', 'opportunity_rule', 'party_role', 'pipeline', 'pipeline_stage', 'price', 'price_list'],
      ...[
        'product',
        'relationship',
        'relationship_kind',
        'role',
        'sales_target',
        'segment',
        'segmentation',
        'team',
        'territory',
        'touch_point',
        'user',
      ],
      ...['webhook'],
    ].map((noun) => [noun, made]),
  ),
  api_key: ['created', 'revoked'],
  consent: ['given', 'withdrawn'],
  conversation: ['opened', 'closed', 'reopened'],
  customer: [...made, 'erased', 'stage_changed', 'stage_history_repaired'],
  exchange_rate: ['created', 'updated'],
  health_rule: ['created', 'updated', 'removed'],
  identity: ['added', 'updated', 'removed'],
  interaction: ['recorded', 'corrected'],
  lead: ['captured', 'updated', 'scored', 'disqualified', 'converted'],
  message: ['queued', 'sent', 'delivered', 'bounced', 'failed', 'cancelled'],
  need: ['added', 'updated'],
  opportunity: [
    ...made,
    ...['moved', 'won', 'lost', 'reopened', 'contact_added', 'contact_removed', 'competitor_added', 'competitor_removed'],
  ],
  opportunity_rule: [...made, 'failed'],
  plugin_failure: ['set_aside', 'retried', 'discarded'],
  preference: ['added', 'updated'],
  quote: ['created', 'updated', 'sent', 'accepted', 'rejected', 'expired'],
  segment: [...made, 'entered', 'left'],
  team: [...made, 'member_added', 'member_removed'],
  user: [...made, 'linked'],
  webhook: [...made, 'enabled', 'disabled', 'paused', 'tested', 'secret_rotated', 'replayed'],
  workspace: ['created', 'updated'],
};

/** All types of events of the core. */
export const coreEventTypes: ReadonlySet<string> = new Set(
  Object.entries(verbs).flatMap(([noun, words]) => words.map((verb) => `${noun}.${verb}`)),
);

/** Whether the core's own events begin with that word. */
export function isCoreNoun(word: string): boolean {
  return Object.hasOwn(verbs, word);
}

/** The type of the core that was most likely meant; undefined where none is near. */
export function likelyCoreType(type: string): string | undefined {
  const found = nearest(type, coreEventTypes);
  return found !== undefined && isNear(type, found) ? found : undefined;
}

/** What of the core's is said to somebody who named none: the nearest, or all of the same noun. */
export function hintOf(type: string): string {
  const likely = likelyCoreType(type);
  if (likely !== undefined) return `: do you mean ${likely}?`;
  const [noun = ''] = type.split('.');
  return isCoreNoun(noun) ? `; there are ${verbs[noun]!.map((verb) => `${noun}.${verb}`).join(', ')}` : '';
}
