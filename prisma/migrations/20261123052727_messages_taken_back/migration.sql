-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- AlterEnum
ALTER TYPE "message_status" ADD VALUE 'CANCELLED';
-- end of the generated part

-- What waits of one customer and channel, in order: a later message does not overtake an earlier one.
create index messages_waiting on messages (workspace_id, customer_id, channel_id, id) where status = 'QUEUED';

-- By provider, so that what waits for one that is gone is in nobody's way.
drop index messages_due;
create index messages_due on messages (provider, next_attempt_at) where status = 'QUEUED';
