// What stands behind each capability.
import type { CapabilityWord } from '../capabilities.ts';
import type { HostParts } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { attributesPart } from './attributes.ts';
import { channelsPart } from './channels.ts';
import { eventsPart } from './events.ts';
import { guardsPart } from './guards.ts';
import { httpPart } from './http.ts';
import { networkPart } from './network.ts';
import { schedulesPart } from './schedules.ts';
import { schemaPart } from './schema/index.ts';
import { strategiesPart } from './strategies.ts';
import { tablesPart } from './tables.ts';

export const parts: { [Word in CapabilityWord]: PartMaker<HostParts<string>[Word]> } = {
  schema: schemaPart,
  attributes: attributesPart,
  tables: tablesPart,
  events: eventsPart,
  guards: guardsPart,
  strategies: strategiesPart,
  channels: channelsPart,
  schedules: schedulesPart,
  http: httpPart,
  network: networkPart,
};
