// `strategies`: what a plugin answers where workspaces name it. The core bounds how long it may take, and goes on without.
import { defineStrategy, STRATEGY_MS, type Strategy, type StrategyCall, type StrategyKind } from '../../commands/strategies.ts';
import { readContext, within } from '../context.ts';
import type { ReadContext } from '../contexts.ts';
import type { StrategyHost } from '../host-strategies.ts';
import type { LoadedPlugin, PartMaker } from '../loaded.ts';
import { assertPartName } from '../part-name.ts';

export const strategiesPart: PartMaker<StrategyHost> = (plugin) => {
  const add = <K extends StrategyKind>(kind: K, name: string, given: unknown, strategy: Strategy<K>) => {
    assertPartName('strategy', name);
    if (typeof given !== 'function') throw new Error(`the strategy ${name} needs a function that answers`);
    defineStrategy(kind, `${plugin.id}.${name}`, strategy, plugin.log);
    plugin.added.push({ kind: 'STRATEGY', name: `${plugin.id}.${name}` });
  };
  return {
    leadScore: (name, score) => add('LEAD_SCORE', name, score, (call, ids) => reading(plugin, call, (ctx) => score(ctx, ids))),
    identityMatch: (name, match) =>
      add('IDENTITY_MATCH', name, match, (call, unknown) => reading(plugin, call, (ctx) => match(ctx, unknown))),
    ownerAssignment: (name, assign) =>
      add('OWNER_ASSIGNMENT', name, assign, (call, what) => reading(plugin, call, (ctx) => assign(ctx, what))),
  };
};

function reading<T>(plugin: LoadedPlugin, { db, workspaceId, now }: StrategyCall, work: (ctx: ReadContext) => Promise<T>): Promise<T> {
  return within(STRATEGY_MS, (signal) => work(readContext(plugin, { db, workspaceId, now, signal })));
}
