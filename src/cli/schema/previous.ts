// The schema that consumers had before the one on disk: from git, which remembers every committed one.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * The last committed text of a file that is not its present one: what HEAD has if the file was changed since, else what
 * there was before its last commit. Null where git knows none (a first version, a shallow clone, no repository).
 * `ref` asks for the text at a commit or branch instead.
 */
export function previousText(file: string, ref?: string): string | null {
  const git = (...args: string[]): string | null => {
    const { status, stdout } = spawnSync('git', args, { cwd: dirname(file), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return status === 0 ? stdout : null;
  };
  const at = (commit: string) => git('show', `${commit}:./${basename(file)}`);
  if (ref) return at(ref);
  const last = git('log', '-1', '--format=%H', '--', basename(file))?.trim();
  if (!last) return null;
  const committed = at(last);
  return committed === readFileSync(file, 'utf8') ? at(`${last}^`) : committed;
}
