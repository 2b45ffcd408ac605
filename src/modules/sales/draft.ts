// What a command wants of an opportunity, whoever asks for it: the API, an import, a lead, a quote or a rule.

import type { UserError } from '../../commands/user-errors.ts';
import type { OpportunityRow } from '../../db/models.ts';

export type LineInput = {
  /** UUID. */
  productId: string;
  quantity?: string | null | undefined;
  unitAmount?: string | null | undefined;
  discountPercent?: string | null | undefined;
  description?: string | null | undefined;
};

/** Columns that are written as they are given; absent ones stay. */
export type PlainColumns = Partial<
  Pick<
    OpportunityRow,
    | 'name'
    | 'customerId'
    | 'ownerId'
    | 'teamId'
    | 'valueAmount'
    | 'valueCurrency'
    | 'probability'
    | 'forecastCategory'
    | 'expectedCloseOn'
    | 'closeReasonId'
    | 'lostToId'
    | 'closeNote'
    | 'source'
    | 'ruleId'
    | 'leadId'
    | 'tags'
    | 'externalSystem'
    | 'externalId'
  >
>;

export type Draft = {
  /** Place of the row in a bulk call; 0 otherwise. */
  index: number;
  /** The opportunity as it is, locked; null: a new one. */
  row: OpportunityRow | null;
  columns: PlainColumns;
  /** Where it shall be: a stage, or the first open stage of a pipeline. */
  pipelineId?: string | null;
  stageId?: string | null;
  openedAt?: Date | null;
  closedAt?: Date | null;
  /** When it entered the stage, for a move. */
  movedAt?: Date | null;
  /** Why it moved. */
  reason?: string | null;
  lines?: LineInput[] | null;
  /** Where the prices of lines come from that say none. */
  priceListId?: string | null;
};

/** Who hears what became of each draft; a rejected one leaves nothing behind. */
export type Report = {
  done: (index: number, status: 'CREATED' | 'UPDATED' | 'UNCHANGED', id: string) => void;
  reject: (index: number, ...errors: UserError[]) => void;
};
