// The capability `events`: durable handlers, each a worker of its own, so that one that fails holds up no other.
import { lockConsumer } from '../../events/index.ts';
import { defineWorker } from '../../jobs/index.ts';
import { followTypes } from '../follow-types.ts';
import { type Handler, handlerTurn, placeOf } from '../handlers/index.ts';
import type { EventsHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { assertPartName } from '../part-name.ts';

export const eventsPart: PartMaker<EventsHost> = (plugin) => ({
  on(name, types, handle) {
    assertPartName('handler', name);
    if (typeof handle !== 'function') throw new Error(`the handler ${name} needs a function that handles events`);
    followTypes(plugin, `the handler ${name}`, types);
    const handler: Handler = { plugin, name, types: [...types], handle };
    plugin.added.push({ kind: 'HANDLER', name });
    // From here on nothing is missed: the place is there before anything runs.
    plugin.prepare.push((db) => db.transaction(async (tx) => void (await lockConsumer(tx, placeOf(handler)))));
    defineWorker({ name: placeOf(handler), work: (db) => handlerTurn(db, handler) });
  },
});
