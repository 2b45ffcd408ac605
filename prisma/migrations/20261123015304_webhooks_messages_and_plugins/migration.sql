-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- CreateEnum
CREATE TYPE "message_status" AS ENUM ('QUEUED', 'SENT', 'DELIVERED', 'BOUNCED', 'FAILED');

-- CreateEnum
CREATE TYPE "webhook_status" AS ENUM ('ACTIVE', 'PAUSED', 'DISABLED');

-- CreateEnum
CREATE TYPE "webhook_problem" AS ENUM ('RECEIVER_FAILING', 'CREDENTIAL_GONE', 'DOCUMENT_INVALID');

-- CreateEnum
CREATE TYPE "webhook_delivery_kind" AS ENUM ('EVENT', 'TEST', 'REPLAY');

-- CreateEnum
CREATE TYPE "webhook_delivery_status" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

-- AlterEnum
ALTER TYPE "assignment_strategy" ADD VALUE 'PLUGIN';

-- AlterTable
ALTER TABLE "opportunity_rules" ADD COLUMN     "strategy_name" TEXT;

-- AlterTable
ALTER TABLE "lead_criteria" ADD COLUMN     "strategy" TEXT;

-- AlterTable
ALTER TABLE "territories" ADD COLUMN     "strategy_name" TEXT;

-- CreateTable
CREATE TABLE "messages" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "interaction_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "channel_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "html" TEXT,
    "status" "message_status" NOT NULL DEFAULT 'QUEUED',
    "external_id" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "error" TEXT,
    "sent_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "plugin_installations" (
    "id" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "installed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plugin_installations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "plugin_migrations" (
    "plugin_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "checksum" TEXT NOT NULL,
    "applied_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plugin_migrations_pkey" PRIMARY KEY ("plugin_id","name")
);

-- CreateTable
CREATE TABLE "plugin_failures" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "plugin" TEXT NOT NULL,
    "handler" TEXT NOT NULL,
    "event_seq" BIGINT NOT NULL,
    "event_id" UUID NOT NULL,
    "event_type" TEXT NOT NULL,
    "subject_key" UUID NOT NULL,
    "attempts" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "dead_at" TIMESTAMPTZ(3),
    "error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plugin_failures_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "webhooks" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "document" TEXT NOT NULL,
    "variables" JSONB NOT NULL DEFAULT '{}',
    "status" "webhook_status" NOT NULL DEFAULT 'ACTIVE',
    "problem" "webhook_problem",
    "problem_detail" TEXT,
    "api_key_id" UUID,
    "user_id" UUID,
    "ignore_origins" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "concurrency" INTEGER NOT NULL DEFAULT 10,
    "timeout_ms" INTEGER NOT NULL DEFAULT 15000,
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_secret_until" TIMESTAMPTZ(3),
    "cursor" BIGINT NOT NULL,
    "failing_since" TIMESTAMPTZ(3),
    "resting_until" TIMESTAMPTZ(3),
    "last_delivered_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "webhook_id" UUID NOT NULL,
    "kind" "webhook_delivery_kind" NOT NULL,
    "status" "webhook_delivery_status" NOT NULL DEFAULT 'PENDING',
    "message_id" TEXT NOT NULL,
    "event_seq" BIGINT,
    "event_id" UUID,
    "event_type" TEXT NOT NULL,
    "subject_key" UUID,
    "body" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_status_code" INTEGER,
    "last_error" TEXT,
    "replay_of_id" UUID,
    "finished_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "webhook_attempts" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "status_code" INTEGER,
    "error" TEXT,
    "request_headers" JSONB NOT NULL,
    "response_headers" JSONB,
    "response_body" TEXT,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "messages_workspace_id_created_at_id_idx" ON "messages"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "messages_workspace_id_status_created_at_id_idx" ON "messages"("workspace_id", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "messages_workspace_id_customer_id_created_at_id_idx" ON "messages"("workspace_id", "customer_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "messages_workspace_id_channel_id_created_at_id_idx" ON "messages"("workspace_id", "channel_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_workspace_id_interaction_id_key" ON "messages"("workspace_id", "interaction_id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_workspace_id_provider_external_id_key" ON "messages"("workspace_id", "provider", "external_id");

-- CreateIndex
CREATE INDEX "plugin_failures_workspace_id_created_at_id_idx" ON "plugin_failures"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "plugin_failures_workspace_id_plugin_created_at_id_idx" ON "plugin_failures"("workspace_id", "plugin", "created_at", "id");

-- CreateIndex
CREATE INDEX "plugin_failures_workspace_id_handler_id_idx" ON "plugin_failures"("workspace_id", "handler", "id");

-- CreateIndex
CREATE INDEX "plugin_failures_workspace_id_dead_at_id_idx" ON "plugin_failures"("workspace_id", "dead_at", "id");

-- CreateIndex
CREATE INDEX "plugin_failures_workspace_id_subject_key_idx" ON "plugin_failures"("workspace_id", "subject_key");

-- CreateIndex
CREATE INDEX "plugin_failures_plugin_handler_next_attempt_at_idx" ON "plugin_failures"("plugin", "handler", "next_attempt_at");

-- CreateIndex
CREATE INDEX "plugin_failures_workspace_id_plugin_handler_subject_key_idx" ON "plugin_failures"("workspace_id", "plugin", "handler", "subject_key");

-- CreateIndex
CREATE UNIQUE INDEX "plugin_failures_workspace_id_plugin_handler_event_seq_key" ON "plugin_failures"("workspace_id", "plugin", "handler", "event_seq");

-- CreateIndex
CREATE INDEX "webhooks_workspace_id_name_id_idx" ON "webhooks"("workspace_id", "name", "id");

-- CreateIndex
CREATE INDEX "webhooks_workspace_id_created_at_id_idx" ON "webhooks"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "webhooks_workspace_id_api_key_id_idx" ON "webhooks"("workspace_id", "api_key_id");

-- CreateIndex
CREATE INDEX "webhooks_workspace_id_user_id_idx" ON "webhooks"("workspace_id", "user_id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_webhook_id_created_at_id_idx" ON "webhook_deliveries"("workspace_id", "webhook_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_webhook_id_status_created_a_idx" ON "webhook_deliveries"("workspace_id", "webhook_id", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_created_at_id_idx" ON "webhook_deliveries"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_subject_key_idx" ON "webhook_deliveries"("workspace_id", "subject_key");

-- CreateIndex
CREATE INDEX "webhook_deliveries_workspace_id_replay_of_id_idx" ON "webhook_deliveries"("workspace_id", "replay_of_id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_finished_at_idx" ON "webhook_deliveries"("finished_at");

-- CreateIndex
CREATE INDEX "webhook_attempts_workspace_id_delivery_id_number_id_idx" ON "webhook_attempts"("workspace_id", "delivery_id", "number", "id");

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_workspace_id_interaction_id_fkey" FOREIGN KEY ("workspace_id", "interaction_id") REFERENCES "interactions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_workspace_id_channel_id_fkey" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "plugin_migrations" ADD CONSTRAINT "plugin_migrations_plugin_id_fkey" FOREIGN KEY ("plugin_id") REFERENCES "plugin_installations"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_workspace_id_api_key_id_fkey" FOREIGN KEY ("workspace_id", "api_key_id") REFERENCES "api_keys"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_workspace_id_webhook_id_fkey" FOREIGN KEY ("workspace_id", "webhook_id") REFERENCES "webhooks"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_workspace_id_replay_of_id_fkey" FOREIGN KEY ("workspace_id", "replay_of_id") REFERENCES "webhook_deliveries"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "webhook_attempts" ADD CONSTRAINT "webhook_attempts_workspace_id_delivery_id_fkey" FOREIGN KEY ("workspace_id", "delivery_id") REFERENCES "webhook_deliveries"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
-- end of the generated part

-- What the schema language cannot say, written by hand.

-- An event is sent to a webhook once, however often it is asked for again; what is due is found without the log of what is done.
create unique index webhook_deliveries_event on webhook_deliveries (workspace_id, webhook_id, event_seq) where kind = 'EVENT';
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at) where status = 'PENDING';
create index webhook_deliveries_waiting on webhook_deliveries (webhook_id, subject_key, id) where status = 'PENDING';
create index webhooks_active on webhooks (id) where status = 'ACTIVE' and archived_at is null;
alter table webhooks add constraint webhooks_credential check (num_nonnulls(api_key_id, user_id) = 1);

create index messages_due on messages (next_attempt_at) where status = 'QUEUED';
