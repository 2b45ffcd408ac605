// Which mail account each workspace writes and is written to with.
import { z } from 'trato/plugin';

const secret = z.string().min(24, 'At least 24 characters.');

const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/;

const smtp = z
  .strictObject({
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535).default(587),
    /** TLS from the first byte, as on port 465. */
    secure: z.boolean().default(false),
    /** Without `secure`: nothing is sent before the connection is encrypted by STARTTLS. */
    requireTls: z.boolean().default(true),
    user: z.string().min(1).optional(),
    /** Keep it out of files by `$env:NAME`. */
    password: z.string().min(1).optional(),
    /** Certificate (PEM) of a certificate authority of one's own. */
    ca: z.string().startsWith('-----BEGIN CERTIFICATE-----').optional(),
    /** How long the server may be silent, in milliseconds. */
    timeoutMs: z.int().min(100).max(25_000).default(20_000),
    maxConnections: z.int().min(1).max(20).default(5),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), 'A user and a password, or neither.')
  .refine(
    ({ host, password, secure, requireTls }) => password === undefined || secure || requireTls || loopback.test(host),
    'A password is sent over TLS only, or to this machine: set secure or requireTls.',
  );

const account = z.strictObject({
  /** Key of the workspace. */
  workspace: z.string().min(1).max(63),
  smtp,
  from: z.strictObject({ name: z.string().max(100).default(''), address: z.email().max(254) }),
  /** Where answers go, if not to `from`. */
  replyTo: z.email().max(254).optional(),
  /** Where what cannot be delivered goes: `bounces@example.com` becomes `bounces+<message>@example.com`. */
  returnPath: z.email().max(200).optional(),
  /** Absent: nothing comes in. */
  inbound: z
    .strictObject({
      /** What mail that is handed over is signed with; two while one is exchanged. */
      secret: z.union([secret, z.array(secret).min(1).max(2)]),
      /** What becomes of quoted history below an answer. */
      history: z.enum(['cut', 'keep']).default('cut'),
    })
    .optional(),
});

export const config = z.strictObject({
  /** None: the channel is not served. */
  accounts: z
    .array(account)
    .max(1_000)
    .refine((accounts) => new Set(accounts.map(({ workspace }) => workspace)).size === accounts.length, 'Each workspace has one account.')
    .refine((accounts) => {
      const secrets = accounts.flatMap(({ inbound }) => inbound?.secret ?? []);
      return new Set(secrets).size === secrets.length;
    }, 'Each account has a secret of its own.')
    .default([]),
});

export type Account = z.output<typeof account>;
