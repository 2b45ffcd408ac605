-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_webhook_id_kind_created_at__idx" ON "webhook_deliveries"("workspace_id", "webhook_id", "kind", "created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_webhook_id_event_type_creat_idx" ON "webhook_deliveries"("workspace_id", "webhook_id", "event_type", "created_at", "id");
-- end of the generated part
