// Subscriptions: how they stand in the schema, who is told by them and of what, and that they end.
import { expect, test, vi } from 'vitest';
import { compileRole } from '../../../auth/permissions.ts';
import { systemViewer } from '../../../auth/system-viewer.ts';
import { readEvents } from '../../../events/index.ts';
import { builtSchema } from '../../../graphql/built-schema.ts';
import { openFeedOf } from '../../../graphql/feed-field.ts';
import { openWebhook, renderEvents } from '../../../modules/webhooks/index.ts';
import { uuidOf } from '../../ids.ts';
import { capital } from '../../names.ts';
import type { TestCaller } from '../callers.ts';
import { openStream } from '../streams.ts';
import { fieldText } from './samples.ts';
import { subscriptionFaults, subscriptionsOf } from './subscription-faults.ts';
import { type ContractExamples, type ContractWorld, prepareExamples, readEverything } from './world.ts';

const MOST_EVENTS = 500;

export function checkSubscriptions(world: () => ContractWorld, examples: ContractExamples, patienceMs: number): void {
  /** Its subscriptions, each with a document that asks for all of it. */
  const own = () => {
    const { plugin, notes, customers } = world();
    return subscriptionsOf(builtSchema(), plugin.names).map((field) => ({
      name: field.name,
      follows: openFeedOf(field as never) !== undefined,
      scope: notes.subscriptions.find(({ name }) => field.name === plugin.names.camel + capital(name))?.scope,
      document: `subscription { ${fieldText('Subscription', field as never, examples.arguments ?? {}, { customer: customers.one })} }`,
    }));
  };
  const followers = () => world().host.events.hub.followers();
  const eventually = (look: () => void | Promise<void>) => vi.waitFor(look, { timeout: patienceMs, interval: 10 });

  /** Opens a stream: the codes with which it is refused, none where it follows the log. */
  async function begin(caller: TestCaller, document: string) {
    const before = followers();
    const stream = openStream(world().host.url, caller, document);
    await eventually(() => expect(followers() > before || stream.codes().length > 0).toBe(true)).catch(() => undefined);
    return { before, stream };
  }

  test('its subscriptions are described, resume, need a scope and promise nothing that may be out of sight', () => {
    const { plugin, notes } = world();
    expect(subscriptionFaults(builtSchema(), plugin.names, notes.subscriptions)).toEqual([]);
  });

  test('its subscriptions are refused without their scopes', async () => {
    const subscriptions = own();
    const stranger = subscriptions.length > 0 ? await world().reader([]) : null;
    for (const { name, document } of subscriptions) {
      const { stream } = await begin(stranger!, document);
      stream.leave();
      expect({ name, codes: stream.codes() }).toEqual({ name, codes: ['FORBIDDEN'] });
    }
  });

  test('its subscriptions begin with the scope of each, and end when nobody listens', async () => {
    for (const { name, scope, document } of own()) {
      const { before, stream } = await begin(await world().reader(scope ? [scope] : []), document);
      const begun = { name, codes: stream.codes(), follows: followers() > before };
      stream.leave();
      expect(begun).toEqual({ name, codes: [], follows: true });
      await eventually(() => expect({ name, followers: followers() }).toEqual({ name, followers: before }));
    }
  });

  test('its subscriptions tell what happened, and nothing of another workspace', async () => {
    const { customers, host, one } = world();
    const subscriptions = own().filter(({ follows }) => follows);
    if (subscriptions.length === 0) return;
    const before = await Promise.all(subscriptions.map(toldBy));
    for (const [i, { name }] of subscriptions.entries()) {
      const errors = before[i]!.flatMap((body) => (JSON.parse(body) as { errors?: unknown[] }).errors ?? []);
      expect({ name, errors }).toEqual({ name, errors: [] });
      for (const foreign of [customers.other, uuidOf(customers.other)!]) expect(before[i]!.join('\n')).not.toContain(foreign);
    }
    // What has been told once is told again in the same way, whatever happens elsewhere.
    const third = await host.secondWorkspace();
    await prepareExamples(world(), third, await third.makeCustomer({ kind: 'PERSON', displayName: 'Ada Example' }), examples);
    await host.drain();
    for (const [i, subscription] of subscriptions.entries()) {
      const after = await toldBy(subscription);
      expect({ name: subscription.name, told: after.slice(0, before[i]!.length) }).toEqual({ name: subscription.name, told: before[i] });
    }

    /** What it tells of the log of the first workspace to somebody who may see everything, without moments. */
    async function toldBy({ document }: { document: string }): Promise<string[]> {
      const permissions = [...readEverything, ...Object.keys(world().plugin.definition.scopes)];
      const viewer = { ...systemViewer(one.workspaceId), role: compileRole({ permissions, rowScope: {}, hiddenFields: [] }) };
      const webhook = { document, variables: {}, ignoreOrigins: [] };
      const { filter } = openWebhook(viewer, webhook);
      expect(filter.workspaceId).toBe(one.workspaceId);
      const events = await readEvents(host.db, { ...filter, limit: MOST_EVENTS });
      const bodies = await renderEvents(host.db, webhook, viewer, events);
      return bodies.flatMap((told) => (told ? [told.body.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')] : []));
    }
  });
}
