// The capability `guards`: looking at commands in their transaction. One that does not answer refuses.
import { commandNamed } from '../../commands/command.ts';
import { defineGuard } from '../../commands/guards.ts';
import { assertIntact, withTimeout, writeCallContext } from '../context.ts';
import type { GuardsHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';

const TIMEOUT_MS = 2_000;

export const guardsPart: PartMaker<GuardsHost> = (plugin) => ({
  before(command, check) {
    plugin.added.push({ kind: 'GUARD', name: command });
    // Asked for when all modules are there: a guard of a name that nobody has would never be asked.
    plugin.prepare.push(async () => {
      if (!commandNamed(command)) throw new Error(`it guards the command ${command}, which there is not`);
    });
    defineGuard(command, (ctx, input) =>
      withTimeout(plugin, TIMEOUT_MS, async (signal) => {
        // A copy: what a guard does with it changes nothing of what the command does.
        await check(writeCallContext(plugin, ctx, ctx.viewer, { signal }), structuredClone(input) as Record<string, unknown>);
        assertIntact(ctx.tx);
      }),
    );
  },
});
