// The capability `guards`: looking at commands in their transaction. One that does not answer refuses.
import { knownSubjects } from '../../auth/permissions.ts';
import { allCommands, commandNamed } from '../../commands/command.ts';
import { defineGuard } from '../../commands/guards.ts';
import { meant } from '../../lib/nearest.ts';
import { assertFinished, withTimeout, writeCallContext } from '../context.ts';
import type { GuardsHost } from '../host.ts';
import type { LoadedPlugin, PartMaker } from '../loaded.ts';

const TIMEOUT_MS = 2_000;

/** A guard sees what is written: so it must be somebody who may read or write such things. */
function assertMayKnow({ definition: { capabilities } }: LoadedPlugin, command: string, permission: string): void {
  const [subject] = permission.split(':') as [string];
  if (!(knownSubjects as readonly string[]).includes(subject)) return; // of a plugin
  if ([`read:${subject}`, `write:${subject}`].some((capability) => (capabilities as readonly string[]).includes(capability))) return;
  throw new Error(`it guards ${command}, whose input is about ${subject}: declare the capability read:${subject} or write:${subject}`);
}

export const guardsPart: PartMaker<GuardsHost> = (plugin) => ({
  before(command, check) {
    if (typeof check !== 'function') throw new Error(`the guard of ${String(command).slice(0, 80)} needs a function that checks`);
    plugin.added.push({ kind: 'GUARD', name: command });
    // Asked for when all modules are there: a guard of a name that nobody has would never be asked.
    plugin.prepare.push(async () => {
      const guarded = commandNamed(command);
      if (!guarded) {
        const names = allCommands().map(({ name }) => name);
        throw new Error(`it guards the command ${command}, which there is not${meant(command, names)}`);
      }
      assertMayKnow(plugin, command, guarded.permission);
    });
    defineGuard(command, (ctx, input) =>
      withTimeout(
        plugin,
        TIMEOUT_MS,
        async (signal) => {
          // A copy: what a guard does with it changes nothing of what the command does.
          await check(writeCallContext(plugin, ctx, ctx.viewer, { signal }), structuredClone(input) as Record<string, unknown>);
          await assertFinished(plugin, ctx);
        },
        `guard ${command}`,
      ),
    );
  },
});
