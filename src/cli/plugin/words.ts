// Tells the words of the core that plugins are written with. It needs no database.
import { type PluginWords, pluginWords } from '../../plugin/words.ts';

/** Prints them by kind; or JSON. */
export function listWords({ json = false }: { json?: boolean }): void {
  const words = pluginWords();
  process.stdout.write(json ? `${JSON.stringify(words, null, 2)}\n` : textOf(words));
}

function textOf({ capabilities, subjects, types, events, commands }: PluginWords): string {
  const lines = [
    'capabilities:',
    ...capabilities.map(({ name, about }) => `  ${name.padEnd(12)}${about}`),
    '',
    'subjects, for read:<subject> and write:<subject>, and the types that they are about:',
    ...subjects.map((subject) => `  ${subject.name}${subject.types.length > 0 ? `: ${subject.types.join(', ')}` : ''}`),
    '',
    'types that fields can be added to:',
    `  ${types.join(', ')}`,
    '',
    'events, and what data.before and data.after may hold of what changed (property names; ids are UUIDs):',
    ...events.flatMap((event) => [
      `  ${event.types.join(', ')}`,
      `    ${event.needs ? `${event.fields.join(', ')} (${event.needs})` : 'no data for plugins'}`,
    ]),
    '',
    'commands that can be guarded, and called by ctx.command with the capability:',
    ...commands.map(({ name, needs }) => `  ${name}${needs ? ` (${needs})` : ': guarded only'}`),
  ];
  return `${lines.join('\n')}\n`;
}
