// Writes the demo through the commands that everybody uses, so that its events are in the log like anybody's.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import { type BulkInput, type BulkOutcome, MAX_BULK_ROWS } from '../../commands/bulk.ts';
import { type Command, runCommand } from '../../commands/command.ts';
import type { UserError } from '../../commands/user-errors.ts';
import type { Database } from '../../db/database.ts';
import { encodeId } from '../../graphql/ids.ts';
import { teamsUpsert, usersUpsert } from '../access/index.ts';
import { attributeDefinitionCommands } from '../attributes/index.ts';

import { customersUpsert, needCommands, preferenceCommands } from '../customers/index.ts';
import { opportunityRuleCommands } from '../factory/index.ts';
import { salesTargetCommands } from '../forecast/index.ts';
import { conversationClose, interactionsRecord } from '../interactions/index.ts';
import { leadCapture, leadCriterionCommands } from '../leads/index.ts';
import { customerMoveToStage } from '../lifecycle/index.ts';
import { relationshipsUpsert } from '../relationships/index.ts';
import { opportunitiesUpsert, productCommands } from '../sales/index.ts';
import { segmentationCommands, segmentCommands } from '../segments/index.ts';
import { touchPointCommands } from '../touchpoints/index.ts';
import { together } from './all-or-nothing.ts';
import type { Demo } from './build.ts';
import { attributes, teamLeads, teams, touchPoints, users } from './company.ts';
import { DESK, type InteractionRow } from './journal.ts';
import { products } from './selling.ts';
import { enquiryRule, leadCriteria, segmentations, segments, valueClasses } from './strategy.ts';

export type Writer = { db: Database; viewer: Viewer };
type BulkCommand = Command<BulkInput, BulkOutcome>;

/** Writes all of it. Throws when a command refuses anything. */
export async function writeDemo(writer: Writer, demo: Demo): Promise<void> {
  await bulk(writer, teamsUpsert, teams);
  await bulk(writer, usersUpsert, users);
  await together([
    bulk(writer, teamsUpsert, teamLeads),
    bulk(writer, touchPointCommands.upsert, touchPoints),
    bulk(writer, attributeDefinitionCommands.upsert, attributes),
  ]);
  // In two halves, so that one is made ready while the database writes the other.
  const half = Math.ceil(demo.customers.length / 2);
  await together([bulk(writer, customersUpsert, demo.customers.slice(0, half)), bulk(writer, customersUpsert, demo.customers.slice(half))]);
  await together([
    ...batches(demo.interactions).map((rows) => bulk(writer, interactionsRecord, rows)),
    bulk(writer, relationshipsUpsert, demo.ties),
    ...[...Map.groupBy(demo.moves, (move) => move.customer.externalId.value).values()].map((moves) =>
      oneByOne(writer, customerMoveToStage, moves),
    ),
    ...demo.preferences.map((known) => run(writer, preferenceCommands.add, known)),
    ...demo.needs.map((known) => run(writer, needCommands.add, known)),
  ]);
  await closeConversations(writer, demo.closed);
  await writeSelling(writer, demo);
}

// One after the other: these commands lock what they have in common.
async function writeSelling(writer: Writer, demo: Demo): Promise<void> {
  await bulk(writer, productCommands.upsert, products);
  await bulk(writer, opportunitiesUpsert, demo.opportunities);
  await bulk(writer, salesTargetCommands.upsert, demo.targets);
  await bulk(writer, segmentationCommands.upsert, segmentations);
  await bulk(writer, segmentCommands.upsert, segments);
  await run(writer, segmentationCommands.create, valueClasses);
  for (const criterion of leadCriteria) await run(writer, leadCriterionCommands.create, criterion);
  for (const lead of demo.leads) await run(writer, leadCapture, lead);
  await run(writer, opportunityRuleCommands.create, enquiryRule);
}

/** Cuts rows to what one call takes; the rows of a conversation stay in one, so that the first one begins it. */
function batches(rows: InteractionRow[]): InteractionRow[][] {
  const all: InteractionRow[][] = [[]];
  const sameThread = (a?: InteractionRow, b?: InteractionRow) =>
    a?.conversation !== undefined && a.conversation.externalId.value === b?.conversation?.externalId.value;
  let start = 0;
  while (start < rows.length) {
    let end = start + 1;
    while (sameThread(rows[start], rows[end])) end++;
    if (all.at(-1)!.length + end - start > MAX_BULK_ROWS) all.push([]);
    all.at(-1)!.push(...rows.slice(start, end));
    start = end;
  }
  return all;
}

async function closeConversations(writer: Writer, closed: ReadonlySet<string>): Promise<void> {
  const threads = await writer.db.query<{ id: string }>(sql`select id from conversations
    where workspace_id = ${writer.viewer.workspaceId}::uuid and external_system = ${DESK} and external_id = any(${[...closed]}::text[]) order by external_id`);
  await together(threads.map(({ id }) => run(writer, conversationClose, { id: encodeId('Conversation', id) })));
}

async function bulk(writer: Writer, command: BulkCommand, rows: readonly unknown[]): Promise<void> {
  for (let from = 0; from < rows.length; from += MAX_BULK_ROWS) {
    const { results } = await run(writer, command, { rows: rows.slice(from, from + MAX_BULK_ROWS) });
    refuse(
      command.name,
      results.flatMap(({ userErrors }) => userErrors),
    );
  }
}

async function oneByOne<Input>(writer: Writer, command: Command<Input, unknown>, inputs: readonly Input[]): Promise<void> {
  for (const input of inputs) await run(writer, command, input);
}

async function run<Input, Result>({ db, viewer }: Writer, command: Command<Input, Result>, input: unknown): Promise<Result> {
  const { result, userErrors } = await runCommand({ db, viewer, requestId: 'demo' }, command, input);
  refuse(command.name, userErrors);
  return result!;
}

function refuse(command: string, errors: readonly UserError[]): void {
  if (errors.length === 0) return;
  const some = errors.slice(0, 3).map(({ code, message, path }) => `${path.join('.')}: ${code} ${message}`);
  throw new Error(`${command} refused ${errors.length} of the demo: ${some.join('; ')}`);
}
