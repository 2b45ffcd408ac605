// Which sites may talk, and for which workspace.
import { z } from 'trato/plugin';

const secret = z.string().min(24, 'At least 24 characters.');

const site = z.strictObject({
  /** Names the site in requests. */
  key: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'A key has lower-case letters, digits, _ and -.'),
  /** Key of the workspace whose customers visit it. */
  workspace: z.string().min(1).max(63),
  /** What its requests are signed with, two while one is exchanged; keep it out of files by `$env:NAME`. */
  secret: z.union([secret, z.array(secret).min(1).max(2)]),
});

export const config = z.strictObject({
  /** None: every request is refused. */
  sites: z
    .array(site)
    .max(1_000)
    .refine((sites) => new Set(sites.map(({ key }) => key)).size === sites.length, 'Each site has a key of its own.')
    .refine((sites) => {
      const secrets = sites.flatMap(({ secret }) => secret);
      return new Set(secrets).size === secrets.length;
    }, 'Each site has a secret of its own.')
    .default([]),
});

export type Site = z.output<typeof site>;
