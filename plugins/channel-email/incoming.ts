// What comes in: letters of customers, reports on what was sent, and what machines answer by themselves. Nothing here ever
// writes a mail, so no loop can begin.
import type { ChannelPorts, HttpAnswer, JobContext, WriteContext } from 'trato/plugin';
import { automaticOf } from './automatic.ts';
import { noteAutomatic } from './automatic-notes.ts';
import { bodyOf } from './body.ts';
import type { Account } from './config.ts';
import { writerBehind } from './lists.ts';
import { type Mail, readMail } from './mail.ts';
import { idsOfReturnPaths, messageIdOf } from './message-ids.ts';
import { isQueued } from './own-messages.ts';
import { type Report, reportOf } from './reports.ts';
import { cut } from './text.ts';

type Job = JobContext & { workspaceId: string };
export type Inbound = Account & { inbound: NonNullable<Account['inbound']> };

/** Takes in a mail as it came. */
export async function takeIn(ctx: Job, channel: ChannelPorts, account: Inbound, raw: Buffer): Promise<HttpAnswer> {
  let mail: Mail;
  try {
    mail = await readMail(raw);
  } catch (error) {
    ctx.log.warn({ code: (error as { code?: unknown })?.code ?? null, bytes: raw.length }, 'a mail could not be read');
    return { status: 400, body: { error: 'UNREADABLE' } };
  }
  const answer = await ctx.inWorkspace(ctx.workspaceId, (write) => take(write, channel, account, mail));
  if (answer.body.outcome === 'IGNORED') ctx.log.info({ reason: answer.body.reason }, 'a mail was not kept');
  return answer;
}

/** What the mail server is told. */
export type Answer = { status: number; body: { outcome?: string; reason?: string; interaction?: string; error?: string } };

const ignored = (reason: string): Answer => ({ status: 200, body: { outcome: 'IGNORED', reason } });

async function take(ctx: WriteContext, channel: ChannelPorts, account: Inbound, given: Mail): Promise<Answer> {
  const report = reportOf(given);
  if (report) return takeReport(ctx, channel, account, given, report);
  if (!given.from) return ignored('NO_SENDER');
  const isOwn = given.from.address.toLowerCase() === account.from.address.toLowerCase();
  const from = isOwn ? writerBehind(account, given) : given.from;
  if (!from) return ignored('OWN_MAIL');
  const mail = { ...given, from };
  const automatic = automaticOf(mail);
  if (automatic) {
    const noted = await noteAutomatic(ctx, account, mail, automatic);
    return typeof noted === 'string' ? ignored(noted) : { status: 200, body: { outcome: 'AUTOMATIC' } };
  }
  return takeLetter(ctx, channel, account, mail, from);
}

async function takeLetter(
  ctx: WriteContext,
  channel: ChannelPorts,
  account: Inbound,
  mail: Mail,
  from: NonNullable<Mail['from']>,
): Promise<Answer> {
  try {
    const { isNew } = await channel.receive(ctx, {
      externalId: mail.id,
      from: { kind: 'EMAIL', value: from.address },
      name: cut(from.name, 200) || null,
      subject: cut(mail.subject, 500) || null,
      body: bodyOf(mail, account.inbound.history),
      occurredAt: timeOf(mail, ctx.now),
      inReplyTo: mail.references,
    });
    return isNew ? { status: 201, body: { outcome: 'RECORDED' } } : { status: 200, body: { outcome: 'KNOWN' } };
  } catch (error) {
    const { errors = [] } = error as { errors?: { code?: string }[] };
    if (errors.length > 0 && errors.every(({ code }) => code === 'EMAIL_INVALID')) return ignored('NO_SENDER');
    throw error;
  }
}

const MOST_AGE_MS = 30 * 86_400_000;

/** When it was written; clocks that are far off are not believed. */
export function timeOf({ date }: Mail, now: Date): Date {
  const isNear = date !== null && date <= now && now.getTime() - date.getTime() <= MOST_AGE_MS;
  return isNear ? date : now;
}

async function takeReport(ctx: WriteContext, channel: ChannelPorts, account: Inbound, mail: Mail, report: Report): Promise<Answer> {
  const { news, detail } = report;
  if (news === 'OTHER' || news === 'DELAYED') return ignored(news === 'DELAYED' ? 'DELAYED' : 'OTHER_REPORT');
  const ids = [...report.about, ...[...report.messages, ...returnPathsIn(account, mail)].map((id) => messageIdOf(account, id))];
  const told = async (): Promise<Answer | null> => {
    for (const id of new Set(ids)) {
      if (await channel.report(ctx, id, { status: news, ...(detail && { detail }) })) return { status: 200, body: { outcome: news } };
    }
    return null;
  };
  const answer = await told();
  if (answer) return answer;
  // A report can be faster than the note that the mail was sent: then it has to come again.
  if (await isQueued(ctx, ids)) return { status: 503, body: { error: 'TOO_EARLY' } };
  // That note may have come between the two looks.
  return (await told()) ?? ignored('UNKNOWN_MESSAGE');
}

const recipientHeaders = ['to', 'delivered-to', 'x-original-to', 'envelope-to', 'cc'];

function returnPathsIn(account: Account, mail: Mail): string[] {
  return recipientHeaders.flatMap((name) => mail.headers(name)).flatMap((text) => idsOfReturnPaths(account, text));
}
