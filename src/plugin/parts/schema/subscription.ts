// Subscriptions of plugins: the log, as far as the subscriber sees it, told in the plugin's words.
import type { EventRow } from '../../../events/index.ts';
import { builder } from '../../../graphql/builder.ts';
import type { FeedEnvelope } from '../../../graphql/feed-envelope.ts';
import { feed } from '../../../graphql/feed-field.ts';
import { onlyVisible } from '../../../modules/events/index.ts';
import { callContext, withTimeout } from '../../context.ts';
import type { SchemaHost } from '../../host-schema.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { pluginEventOf } from '../../plugin-event.ts';
import type { Value } from '../../values.ts';
import { argumentsReader, describedShape, type Shape } from './arguments.ts';
import { fieldNamed, requireDescription, takeField } from './names.ts';
import { requireScope } from './options.ts';
import { requirePermission } from './query.ts';
import { type OwnTypes, outputOf, requireValue, resolverOf } from './types.ts';
import { checkedValue } from './values.ts';

const TIMEOUT_MS = 5_000;
const eventType = /^[a-z0-9][a-z0-9_.-]{0,99}$/;

type Spec = Parameters<SchemaHost<string>['subscription']>[1];
type Args = { after?: string | null; [name: string]: unknown };
type Told = { value: unknown };

export function addSubscription(plugin: LoadedPlugin, own: OwnTypes, name: string, spec: Spec): void {
  const full = fieldNamed(plugin, name);
  requireDescription(full, spec.description);
  requireValue(own, spec.value, full);
  requireScope(plugin, full, spec.scope);
  if (typeof spec.select !== 'function') throw new Error(`${full} needs a function select`);
  if (!Array.isArray(spec.events) || spec.events.length === 0 || !spec.events.every((type) => eventType.test(String(type)))) {
    throw new Error(`${full} must name the types of the events it follows`);
  }
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
      subscribe: (root: unknown, sent: object, ctx: never) => unshared(subscribe(root, sent, ctx)),
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
        const visible = await onlyVisible(reader, events);
        const told = visible.length === 0 ? [] : await tell(reader, visible);
        const bySeq = new Map(visible.map((event, i) => [event.seq, told[i] ?? null]));
        return events.map((event) => bySeq.get(event.seq) ?? null);
      },
    };

    function tell({ db, viewer: now }: Parameters<ReturnType<Parameters<typeof feed<Args>>[0]>['select']>[0], events: EventRow[]) {
      return withTimeout(plugin, TIMEOUT_MS, async (signal): Promise<(Told | null)[]> => {
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
      });
    }
  };
}

/** What a plugin tells may depend on who is told, so that no two subscribers can share an answer. */
function unshared(envelopes: AsyncGenerator<FeedEnvelope>): AsyncGenerator<FeedEnvelope> {
  const strip = async (step: Promise<IteratorResult<FeedEnvelope>>): Promise<IteratorResult<FeedEnvelope>> => {
    const found = await step;
    if (found.done) return found;
    const { share: _share, ...envelope } = found.value;
    return { value: envelope, done: false };
  };
  return {
    next: () => strip(envelopes.next()),
    return: (value) => strip(envelopes.return(value)),
    throw: (error) => strip(envelopes.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}
