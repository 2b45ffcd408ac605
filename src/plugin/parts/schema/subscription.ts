// Subscriptions of plugins: the log, as far as the subscriber sees it, told in the plugin's words.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../../auth/viewer.ts';
import type { EventRow } from '../../../events/index.ts';
import { builder } from '../../../graphql/builder.ts';
import { type Context, viewerOf } from '../../../graphql/context.ts';
import type { FeedEnvelope } from '../../../graphql/feed-envelope.ts';
import { feed } from '../../../graphql/feed-field.ts';
import { onlyVisible } from '../../../modules/events/index.ts';
import { canonical } from '../../../query/cursor.ts';
import type { Reader } from '../../../query/reader.ts';
import { callContext, withTimeout } from '../../context.ts';
import { followTypes } from '../../follow-types.ts';
import type { SchemaHost } from '../../host-schema.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { isRedacted, pluginEventOf } from '../../plugin-event.ts';
import type { Value } from '../../values.ts';
import { argumentsReader, describedShape, type Shape } from './arguments.ts';
import { fieldNamed, requireDescription, takeField } from './names.ts';
import { requireScope } from './options.ts';
import { requirePermission } from './query.ts';
import { type OwnTypes, outputOf, requireValue, resolverOf } from './types.ts';
import { checkedValue } from './values.ts';

const TIMEOUT_MS = 5_000;
/** Between the attempts at telling of the same events. */
const PAUSES_MS = [200, 1_000] as const;

type Spec = Parameters<SchemaHost<string>['subscription']>[1];
type Args = { after?: string | null; [name: string]: unknown };
type Told = { value: unknown };

export function addSubscription(plugin: LoadedPlugin, own: OwnTypes, name: string, spec: Spec): void {
  const full = fieldNamed(plugin, name);
  requireDescription(full, spec.description);
  requireValue(own, spec.value, full);
  requireScope(plugin, full, spec.scope);
  if (typeof spec.select !== 'function') throw new Error(`${full} needs a function select`);
  followTypes(plugin, full, spec.events);
  const shape = (spec.args ?? {}) as Shape;
  if ('after' in shape) throw new Error(`${full}: the argument after is there already`);
  const args = describedShape(plugin, full, shape);
  takeField(plugin, 'SUBSCRIPTION', 'Subscription', full);
  const { extensions, subscribe } = feed<Args>(openerOf(plugin, own, full, spec, shape));
  builder.subscriptionField(full, (t) =>
    t.field({
      ...outputOf(own, spec.value),
      description: `${spec.description} Needs ${spec.scope} and events:read. \`extensions.feed\` carries cursor, phase and lag.`,
      args: {
        after: t.arg.string({ description: 'Cursor of the last answer seen.' }),
        ...Object.fromEntries(Object.entries(args).map(([arg, described]) => [arg, t.arg(described as never)])),
      },
      extensions,
      subscribe: (root: unknown, sent: object, ctx: Context) => sharedByCaller(subscribe(root, sent, ctx), viewerOf(ctx)),
      resolve: resolverOf(spec.value, (told) => (told as Told).value),
    } as never),
  );
}

function openerOf(plugin: LoadedPlugin, own: OwnTypes, full: string, spec: Spec, shape: Shape): Parameters<typeof feed<Args>>[0] {
  const read = argumentsReader(shape);
  const optional = { ...spec.value, nullable: true } as Value<unknown>;
  return (viewer, { after: _after, ...sent }) => {
    requirePermission(viewer, spec.scope);
    requirePermission(viewer, 'events:read');
    const asked = read(sent);
    return {
      filter: { workspaceId: viewer.workspaceId, types: [...spec.events] },
      async select(reader, events) {
        requirePermission(reader.viewer, spec.scope);
        // What has lost its data has nothing to tell, and must not end the subscriptions of those who resume from before it.
        const visible = (await onlyVisible(reader, events)).filter((event) => !isRedacted(event));
        // Subscribers of whom `select` could not tell one from another are told together.
        const name = `plugin:${full}:${callerKey(reader.viewer)}:${canonical(sent)}`;
        const told = await Promise.all(visible.map((event) => reader.batch(name, event, (all) => tellOnce(reader, all))));
        const bySeq = new Map(visible.map((event, i) => [event.seq, told[i] ?? null]));
        return events.map((event) => bySeq.get(event.seq) ?? null);
      },
    };

    async function tellOnce(reader: Reader, events: readonly EventRow[]): Promise<(Told | null)[]> {
      const distinct = [...new Map(events.map((event) => [event.seq, event])).values()].sort((a, b) => (a.seq < b.seq ? -1 : 1));
      const told = await patiently(() => tell(reader, distinct));
      const bySeq = new Map(distinct.map((event, i) => [event.seq, told[i] ?? null]));
      return events.map((event) => bySeq.get(event.seq) ?? null);
    }

    function tell({ db, viewer: now }: Reader, events: EventRow[]) {
      const work = async (signal: AbortSignal): Promise<(Told | null)[]> => {
        const ctx = callContext(plugin, { db, workspaceId: now.workspaceId, viewer: now, signal });
        const given = await spec.select(
          ctx,
          events.map((event) => pluginEventOf(plugin, event)),
          asked,
        );
        if (!Array.isArray(given) || given.length !== events.length)
          throw new Error(`select of ${full} must give one value for each event`);
        return given.map((one) => {
          const value = checkedValue(own, optional, one, full);
          return value === null ? null : { value };
        });
      };
      return withTimeout(plugin, TIMEOUT_MS, work, `Subscription.${full}`);
    }
  };
}

/** What fails once may do better a moment later, and the feed goes on as if nothing had been. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work();
    } catch {
      await sleep(pause);
    }
  }
  return work();
}

/** What `ctx.caller` tells of a subscriber beyond what viewers of one policy have in common. */
function callerKey({ actor, origin }: Viewer): string {
  return canonical([actor.kind, actor.id, origin]);
}

/** What a plugin tells may depend on who is told: answers are shared between subscriptions of one caller only. */
function sharedByCaller(envelopes: AsyncGenerator<FeedEnvelope>, viewer: Viewer): AsyncGenerator<FeedEnvelope> {
  const caller = callerKey(viewer);
  const narrow = async (step: Promise<IteratorResult<FeedEnvelope>>): Promise<IteratorResult<FeedEnvelope>> => {
    const found = await step;
    if (found.done || found.value.share === undefined) return found;
    return { value: { ...found.value, share: `${found.value.share} ${caller}` }, done: false };
  };
  return {
    next: () => narrow(envelopes.next()),
    return: (value) => narrow(envelopes.return(value)),
    throw: (error) => narrow(envelopes.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}
