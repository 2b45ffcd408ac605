-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- AlterEnum
ALTER TYPE "message_status" ADD VALUE 'CANCELLED';
-- end of the generated part

-- What waits of one customer and channel, in order: a later message does not overtake an earlier one.
create index messages_waiting on messages (workspace_id, customer_id, channel_id, id) where status = 'QUEUED';
