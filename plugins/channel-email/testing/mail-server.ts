// A real SMTP server for tests, which can be told to refuse, to hang and to be away.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export type Arrived = { raw: string; mail: ParsedMail; from: string; to: string[]; secure: boolean; user: string | null };
type Step = 'from' | 'rcpt' | 'data';

export type MailServer = {
  port: number;
  arrived: Arrived[];
  /** The Message-IDs of all mails whose bytes came, also of those that were refused after them. */
  seen: string[];
  /** The next answers of a step, one each: a refusal, or null to go on. */
  refuse(step: Step, ...answers: (readonly [code: number, text: string] | null)[]): void;
  stop(): Promise<void>;
  start(): Promise<void>;
};

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const arrived: Arrived[] = [];
  const seen: string[] = [];
  const planned: Record<Step, (readonly [number, string] | null)[]> = { from: [], rcpt: [], data: [] };
  const next = (step: Step): Error | null => {
    const refusal = planned[step].shift();
    return refusal ? Object.assign(new Error(refusal[1]), { responseCode: refusal[0] }) : null;
  };
  const open = () =>
    new SMTPServer({
      ...{ authOptional: true, disabledCommands: ['STARTTLS'], closeTimeout: 50, logger: false },
      onMailFrom: (_address, _session, done) => done(next('from')),
      onRcptTo: (_address, _session, done) => done(next('rcpt')),
      onData(stream, session, done) {
        void buffer(stream).then(async (raw) => {
          const mail = await simpleParser(raw);
          seen.push(mail.messageId ?? '');
          const refusal = next('data');
          if (refusal) return done(refusal);
          const { mailFrom, rcptTo } = session.envelope;
          const user = (session as { user?: unknown }).user;
          arrived.push({
            ...{ raw: raw.toString(), mail, from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) },
            ...{ secure: session.secure === true, user: typeof user === 'string' ? user : null },
          });
          done();
        });
      },
      ...options,
    }).on('error', () => undefined);
  let server = open();
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
  };
  await listen(0);
  const { port } = server.server.address() as AddressInfo;
  return {
    ...{ port, arrived, seen },
    refuse: (step, ...answers) => void planned[step].push(...answers),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
    start: async () => {
      server = open();
      await listen(port);
    },
  };
}

/** One that takes connections and says nothing. */
export async function startSilentServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, stop };
}
