import { execFileSync } from 'node:child_process';

/**
 * The seed of all that tests draw, below 2³¹. It belongs to what is committed (the tree that git names): what was green is
 * green again, what failed fails again, and every commit tries something else. `TRATO_SEED` gives another; long tests, and a
 * folder without git, draw one.
 */
export function seedOfRun(env: NodeJS.ProcessEnv = process.env): number {
  if (env.TRATO_SEED) return Number(env.TRATO_SEED);
  const tree = env.TRATO_LONG === '1' ? null : committedTree();
  return tree ? Number.parseInt(tree.slice(0, 8), 16) >>> 1 : Math.floor(Math.random() * 2 ** 31);
}

function committedTree(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD^{tree}'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
}
