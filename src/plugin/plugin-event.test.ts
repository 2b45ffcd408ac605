import { expect, test } from 'vitest';
import type { EventRow } from '../events/index.ts';
import '../modules/customers/index.ts';
import type { LoadedPlugin } from './loaded.ts';
import { pluginEventOf } from './plugin-event.ts';

const event = {
  type: 'customer.updated',
  subjectType: 'Customer',
  subjectId: 's',
  data: { after: { city: 'Oslo' } },
} as unknown as EventRow;
const pluginWith = (...capabilities: string[]) =>
  ({ definition: { capabilities }, names: { snake: 'a_plugin' } }) as unknown as LoadedPlugin;

test('a plugin is told what changed only of what it may read, or what it wrote itself', () => {
  expect(pluginEventOf(pluginWith('events', 'read:customers'), event).data).toEqual({ after: { city: 'Oslo' } });
  expect(pluginEventOf(pluginWith('events', 'read:interactions', 'write:customers'), event)).toMatchObject({
    type: 'customer.updated',
    data: {},
  });
  expect(pluginEventOf(pluginWith('events'), { ...event, type: 'a_plugin.moved' }).data).toEqual({ after: { city: 'Oslo' } });
  expect(pluginEventOf(pluginWith('events'), { ...event, type: 'a_plugin2.moved' }).data).toEqual({});
  expect(pluginEventOf(pluginWith('events', 'read:customers'), { ...event, subjectType: 'Forgotten' }).data).toEqual({});
});
