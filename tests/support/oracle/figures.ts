// TouchPoint.figures.
import { entityNamed } from '../../../src/query/entity.ts';
import { sumsByCurrency } from './list.ts';
import { demandRead, demandShown, hides, isVisible, type Oracle } from './policy.ts';
import { demand } from './refuse.ts';
import type { Row } from './tables.ts';
import { times } from './values.ts';

const YEAR = 365 * 86_400_000;

/** What is counted, each with the column that a role may not have to hide from whoever counts. */
const madeOf: Record<string, string> = {
  inbound: 'direction',
  outbound: 'direction',
  customers: 'customerId',
  lastContactAt: 'occurredAt',
  cost: 'costAmount',
  value: 'valueAmount',
};

export type Figures = { from: Date; to: Date; point: Row; rows: Row[] };

export function figuresOf(oracle: Oracle, point: Row, args: { from?: Date | null; to?: Date | null }): Figures {
  const interaction = entityNamed('Interaction');
  demandRead(oracle.viewer, interaction);
  demandShown(oracle.viewer, interaction, 'touchPoint');
  const to = args.to ?? oracle.now;
  const from = args.from ?? new Date(to.getTime() - YEAR);
  demand(from < to, 'BAD_USER_INPUT');
  const inPeriod = (at: Date) => at >= from && at < to;
  const rows = oracle.tables
    .rows('Interaction')
    .filter((row) => row.touchPointId === point.id && inPeriod(row.occurredAt as Date) && isVisible(oracle, interaction, row));
  return { from, to, point, rows };
}

export function figure({ viewer }: Oracle, figures: Figures, field: string): unknown {
  const { from, to, point, rows } = figures;
  demand(!madeOf[field] || !hides(viewer, entityNamed('Interaction'), madeOf[field]), 'FORBIDDEN');
  const began = (direction: string) => rows.filter((row) => row.direction === direction).length;
  switch (field) {
    case 'from':
      return from;
    case 'to':
      return to;
    case 'volume':
      return rows.length;
    case 'inbound':
      return began('INBOUND');
    case 'outbound':
      return began('OUTBOUND');
    case 'customers':
      return new Set(rows.map((row) => row.customerId)).size;
    case 'lastContactAt':
      return rows.map((row) => row.occurredAt as Date).sort((a, b) => b.getTime() - a.getTime())[0] ?? null;
    case 'cost':
    case 'value':
      return sumsByCurrency(rows, { amount: `${field}Amount`, currency: `${field}Currency` });
    case 'plannedCost':
      return point.costAmount === null ? null : { amount: times(point.costAmount as string, rows.length), currency: point.costCurrency };
    case 'target':
      return point.monthlyTarget === null ? null : Math.round((point.monthlyTarget as number) * (month(to) - month(from)) * 100) / 100;
    default:
      throw new Error(`the oracle does not know the figure ${field}`);
  }
}

/** A moment as a number of months: each day is its part of the month it lies in. */
function month(moment: Date): number {
  const [y, m] = [moment.getUTCFullYear(), moment.getUTCMonth()];
  const [begin, end] = [Date.UTC(y, m), Date.UTC(y, m + 1)];
  return y * 12 + m + (moment.getTime() - begin) / (end - begin);
}
