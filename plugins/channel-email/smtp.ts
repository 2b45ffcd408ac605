// The connection to a mail server, and what its refusals mean.
import { PermanentFailure } from 'trato/plugin';
import type { Account } from './config.ts';
import { cut, oneLine } from './text.ts';

/** Connections that are not used are given back. */
const IDLE_MS = 10_000;
const MOST_SAID = 300;

export type Letter = {
  envelope: { from: string; to: string[] };
  messageId: string;
  from: { name: string; address: string };
  to: { name: string; address: string };
  replyTo?: string;
  subject: string;
  text: string;
  html?: string;
  inReplyTo?: string;
  references?: string[];
  headers: Record<string, string>;
};

export type Mailer = (letter: Letter, signal: AbortSignal) => Promise<void>;

/** Sends by an account; connects when there is something to send. */
export function mailerOf({ smtp }: Account): Mailer {
  const { host, port, secure, requireTls, user, password, ca, timeoutMs, maxConnections } = smtp;
  let transport: ReturnType<typeof open> | undefined;
  // Loaded when there is something to send: a server without accounts starts without it.
  const open = async () =>
    (await import('nodemailer')).createTransport({
      ...{ pool: true as const, host, port, secure, requireTLS: requireTls && !secure, maxConnections, maxMessages: 100 },
      // Without TLS on purpose: a certificate that nobody asked for must not stop it.
      ...(!secure && !requireTls && { ignoreTLS: true }),
      ...(user !== undefined && password !== undefined && { auth: { user, pass: password } }),
      ...(ca !== undefined && { tls: { ca } }),
      ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, dnsTimeout: timeoutMs },
      // Trying again is for whoever asked. Where a kept connection turns out dead before a byte of the mail went, once more is safe.
      ...{ maxRequeues: 1, idleTimeout: IDLE_MS },
      // What a text says is text: never a file or an address to fetch.
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
  return async (letter, signal) => {
    transport ??= open();
    try {
      await (await transport).sendMail({ ...letter, signal });
    } catch (error) {
      throw failureOf(error as SmtpError);
    }
  };
}

type SmtpError = Error & { code?: string; originalCode?: string; command?: string; response?: string; responseCode?: number };

const aboutTheMail: ReadonlySet<string | undefined> = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);
/** It would take the mail from somebody who signed in, or encrypted. */
const NOT_LET_IN: ReadonlySet<number> = new Set([530, 538]);

/**
 * What went wrong, in words of our own: what the server said is told only where it speaks of this mail, for when one signs in
 * it may repeat what it was sent.
 */
export function failureOf({ code, originalCode, command, response, responseCode }: SmtpError): Error {
  const about = aboutTheMail.has(command);
  if (about && responseCode !== undefined) {
    const said = `The mail server answered ${cut(oneLine(response ?? String(responseCode)), MOST_SAID)}`;
    const refused = responseCode >= 500 && responseCode < 600 && !NOT_LET_IN.has(responseCode);
    return refused ? new PermanentFailure(said) : new Error(said);
  }
  // nodemailer itself refuses: the mail is larger than the server takes, or is addressed to nobody.
  if (code === 'EENVELOPE' || (code === 'EMESSAGE' && about)) {
    return new PermanentFailure('The mail cannot be sent to this server: it is too large, or the address is none.');
  }
  if (code === 'EAUTH') return new Error(`The mail server does not let the account in${responseCode ? ` (${responseCode})` : ''}.`);
  if (responseCode !== undefined) return new Error(`The mail server is not ready (${responseCode}).`);
  const why = [code, originalCode].filter((one) => typeof one === 'string' && /^[A-Z0-9_]+$/.test(one));
  return new Error(`The mail server could not be used: ${why.join(', ') || 'unknown'}.`);
}
