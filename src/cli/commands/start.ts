import type { Command } from 'commander';

/** `trato start`: the server, as `npm start` runs it. */
export function registerStart(program: Command): void {
  program
    .command('start')
    .description('start the server; settings come from the environment')
    .action(async () => {
      await import('../../main.ts');
    });
}
