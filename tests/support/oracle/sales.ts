// What is worked out of opportunities, and who was in a segment at a moment.
import { entityNamed } from '../../../src/query/entity.ts';
import { type Connection, type ListArgs, listOf } from './list.ts';
import { demandRead, demandShown, hides, mayRead, type Oracle } from './policy.ts';
import type { Row } from './tables.ts';
import { product } from './values.ts';

const DAY = 86_400_000;

function hidesAny({ viewer }: Oracle, ...columns: string[]): boolean {
  return columns.some((column) => hides(viewer, entityNamed('Opportunity'), column));
}

function hidesStage({ viewer }: Oracle, column: string): boolean {
  const stage = entityNamed('PipelineStage');
  return !mayRead(viewer, stage) || hides(viewer, stage, column);
}

const stageOf = ({ tables, viewer }: Oracle, row: Row) => tables.byId('PipelineStage', viewer.workspaceId, row.stageId)!;

export function weightedValue(oracle: Oracle, row: Row): { amount: string; currency: unknown } | null {
  if (hidesAny(oracle, 'valueAmount', 'probability', 'stageId') || hidesStage(oracle, 'probability')) return null;
  if (row.valueAmount === null) return null;
  return { amount: product(row.valueAmount, row.probability ?? stageOf(oracle, row).probability), currency: row.valueCurrency };
}

export function isStalled(oracle: Oracle, row: Row): boolean | null {
  if (hidesAny(oracle, 'status', 'stageSince', 'stageId') || hidesStage(oracle, 'stalledAfterDays')) return null;
  const days = stageOf(oracle, row).stalledAfterDays as number | null;
  return row.status === 'OPEN' && days !== null && (row.stageSince as Date).getTime() + days * DAY < oracle.now.getTime();
}

export function membersAt(oracle: Oracle, segment: Row, { at, ...list }: ListArgs & { at: Date }): Connection {
  const stays = entityNamed('SegmentMembership');
  demandRead(oracle.viewer, stays);
  for (const field of ['customer', 'segment', 'enteredAt', 'leftAt']) demandShown(oracle.viewer, stays, field);
  const there = (stay: Row) => (stay.enteredAt as Date) <= at && (stay.leftAt === null || (stay.leftAt as Date) > at);
  const members = new Set(
    oracle.tables
      .rows('SegmentMembership')
      .filter((stay) => stay.workspaceId === oracle.viewer.workspaceId && stay.segmentId === segment.id && there(stay))
      .map((stay) => stay.customerId),
  );
  return listOf(oracle, `Segment.membersAt:${at.toISOString()}`, entityNamed('Customer'), list, (row) => members.has(row.id));
}
