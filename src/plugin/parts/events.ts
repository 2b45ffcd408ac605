// The capability `events`: durable handlers, each a worker of its own, so that one that fails holds up no other.
import { lockConsumer } from '../../events/index.ts';
import { defineWorker } from '../../jobs/index.ts';
import { type Handler, handlerTurn, placeOf } from '../handlers/index.ts';
import type { EventsHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { assertPartName } from '../part-name.ts';

const typePattern = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;

export const eventsPart: PartMaker<EventsHost> = (plugin) => ({
  on(name, types, handle) {
    assertPartName('handler', name);
    if (types.length === 0) throw new Error(`the handler ${name} names no types of events`);
    for (const type of types) {
      if (!typePattern.test(type))
        throw new Error(`the handler ${name} names "${String(type).slice(0, 80)}", which is no type such as customer.created`);
    }
    const handler: Handler = { plugin, name, types: [...types], handle };
    plugin.added.push({ kind: 'HANDLER', name });
    // From here on nothing is missed: the place is there before anything runs.
    plugin.prepare.push((db) => db.transaction(async (tx) => void (await lockConsumer(tx, placeOf(handler)))));
    defineWorker({ name: placeOf(handler), work: (db) => handlerTurn(db, handler) });
  },
});
