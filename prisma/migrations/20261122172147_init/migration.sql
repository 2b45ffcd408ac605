-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- CreateEnum
CREATE TYPE "attribute_entity" AS ENUM ('CUSTOMER', 'INTERACTION');

-- CreateEnum
CREATE TYPE "attribute_type" AS ENUM ('TEXT', 'NUMBER', 'BOOLEAN', 'DATE', 'DATE_TIME', 'SELECT', 'MULTI_SELECT');

-- CreateEnum
CREATE TYPE "actor_kind" AS ENUM ('USER', 'API_KEY', 'SYSTEM');

-- CreateEnum
CREATE TYPE "customer_kind" AS ENUM ('PERSON', 'ORGANISATION');

-- CreateEnum
CREATE TYPE "customer_health" AS ENUM ('UNKNOWN', 'HEALTHY', 'AT_RISK');

-- CreateEnum
CREATE TYPE "identity_kind" AS ENUM ('EMAIL', 'PHONE', 'SOCIAL', 'WEB_VISITOR', 'EXTERNAL');

-- CreateEnum
CREATE TYPE "knowledge_basis" AS ENUM ('STATED', 'INFERRED');

-- CreateEnum
CREATE TYPE "interaction_direction" AS ENUM ('INBOUND', 'OUTBOUND');

-- CreateEnum
CREATE TYPE "conversation_status" AS ENUM ('OPEN', 'CLOSED');

-- CreateTable
CREATE TABLE "roles" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "permissions" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "row_scope" JSONB NOT NULL DEFAULT '{}',
    "hidden_fields" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "roles_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "users" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "external_system" TEXT,
    "external_id" TEXT,
    "auth_subject" TEXT,
    "role_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "users_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "teams" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "external_system" TEXT,
    "external_id" TEXT,
    "lead_id" UUID,
    "parent_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "teams_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "team_members" (
    "workspace_id" UUID NOT NULL,
    "team_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "team_members_pkey" PRIMARY KEY ("workspace_id","team_id","user_id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "role_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "idempotency_records" (
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "command" TEXT NOT NULL,
    "input_hash" TEXT NOT NULL,
    "result" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_records_pkey" PRIMARY KEY ("workspace_id","credential_id","key")
);

-- CreateTable
CREATE TABLE "attribute_definitions" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "entity" "attribute_entity" NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "type" "attribute_type" NOT NULL,
    "required" BOOLEAN NOT NULL DEFAULT false,
    "options" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "indexed" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "attribute_definitions_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "workspaces" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "currency" TEXT NOT NULL DEFAULT 'EUR',
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "country" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workspaces_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customers" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" "customer_kind" NOT NULL,
    "display_name" TEXT NOT NULL,
    "given_name" TEXT,
    "family_name" TEXT,
    "legal_name" TEXT,
    "party_roles" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "gender" TEXT,
    "birth_date" DATE,
    "language" TEXT,
    "time_zone" TEXT,
    "country" TEXT,
    "region" TEXT,
    "city" TEXT,
    "postal_code" TEXT,
    "address_line" TEXT,
    "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "health" "customer_health" NOT NULL DEFAULT 'UNKNOWN',
    "owner_id" UUID,
    "team_id" UUID,
    "stage_id" UUID,
    "stage_since" TIMESTAMPTZ(3),
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "customers_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "identities" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "kind" "identity_kind" NOT NULL,
    "system" TEXT NOT NULL DEFAULT '',
    "value" TEXT NOT NULL,
    "original" TEXT NOT NULL,
    "verified" BOOLEAN NOT NULL DEFAULT false,
    "is_primary" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identities_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "preferences" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "topic" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "basis" "knowledge_basis" NOT NULL,
    "source" TEXT,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "preferences_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "needs" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "topic" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "basis" "knowledge_basis" NOT NULL,
    "source" TEXT,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "met_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "needs_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "party_roles" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "counts_as_customer" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "party_roles_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "event_inbox" (
    "position" BIGSERIAL NOT NULL,
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "customer_id" UUID,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" UUID,
    "origin" TEXT,
    "request_id" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "event_inbox_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "events" (
    "seq" BIGINT NOT NULL,
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "customer_id" UUID,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" UUID,
    "origin" TEXT,
    "request_id" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "data" JSONB NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "event_head" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "seq" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "event_head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "interaction_kinds" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "interaction_kinds_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "conversations" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "channel_id" UUID,
    "subject" TEXT,
    "status" "conversation_status" NOT NULL DEFAULT 'OPEN',
    "external_system" TEXT,
    "external_id" TEXT,
    "closed_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "interactions" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "touch_point_id" UUID,
    "channel_id" UUID NOT NULL,
    "kind_id" UUID NOT NULL,
    "conversation_id" UUID,
    "user_id" UUID,
    "direction" "interaction_direction" NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "external_system" TEXT,
    "external_id" TEXT,
    "subject" TEXT,
    "body" TEXT,
    "outcome" TEXT,
    "sentiment" DOUBLE PRECISION,
    "duration" INTEGER,
    "cost_amount" DECIMAL(19,4),
    "cost_currency" TEXT,
    "value_amount" DECIMAL(19,4),
    "value_currency" TEXT,
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "interactions_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "interaction_participants" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "interaction_id" UUID NOT NULL,
    "customer_id" UUID,
    "user_id" UUID,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "interaction_participants_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "lifecycle_stages" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "position" INTEGER NOT NULL,
    "team_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "lifecycle_stages_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "lifecycle_transitions" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "from_id" UUID,
    "to_id" UUID NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lifecycle_transitions_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "relationship_kinds" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "inverse_name" TEXT NOT NULL,
    "description" TEXT,
    "acyclic" BOOLEAN NOT NULL DEFAULT false,
    "exclusive" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "relationship_kinds_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "relationships" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind_id" UUID NOT NULL,
    "from_id" UUID NOT NULL,
    "to_id" UUID NOT NULL,
    "title" TEXT,
    "since" DATE,
    "until" DATE,
    "external_system" TEXT,
    "external_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "relationships_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "channels" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "channels_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "touch_points" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "purpose" TEXT,
    "channel_id" UUID NOT NULL,
    "stage_id" UUID,
    "department_id" UUID,
    "cost_amount" DECIMAL(19,4),
    "cost_currency" TEXT,
    "monthly_target" INTEGER,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "touch_points_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "roles_workspace_id_key_key" ON "roles"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "users_workspace_id_name_id_idx" ON "users"("workspace_id", "name", "id");

-- CreateIndex
CREATE INDEX "users_workspace_id_created_at_id_idx" ON "users"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "users_workspace_id_role_id_idx" ON "users"("workspace_id", "role_id");

-- CreateIndex
CREATE UNIQUE INDEX "users_workspace_id_external_system_external_id_key" ON "users"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "users_workspace_id_email_key" ON "users"("workspace_id", "email");

-- CreateIndex
CREATE UNIQUE INDEX "users_workspace_id_auth_subject_key" ON "users"("workspace_id", "auth_subject");

-- CreateIndex
CREATE INDEX "teams_workspace_id_name_id_idx" ON "teams"("workspace_id", "name", "id");

-- CreateIndex
CREATE INDEX "teams_workspace_id_created_at_id_idx" ON "teams"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "teams_workspace_id_parent_id_idx" ON "teams"("workspace_id", "parent_id");

-- CreateIndex
CREATE INDEX "teams_workspace_id_lead_id_idx" ON "teams"("workspace_id", "lead_id");

-- CreateIndex
CREATE UNIQUE INDEX "teams_workspace_id_external_system_external_id_key" ON "teams"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE INDEX "team_members_workspace_id_user_id_idx" ON "team_members"("workspace_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");

-- CreateIndex
CREATE INDEX "api_keys_workspace_id_created_at_id_idx" ON "api_keys"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "api_keys_workspace_id_role_id_idx" ON "api_keys"("workspace_id", "role_id");

-- CreateIndex
CREATE INDEX "idempotency_records_created_at_idx" ON "idempotency_records"("created_at");

-- CreateIndex
CREATE INDEX "attribute_definitions_workspace_id_key_id_idx" ON "attribute_definitions"("workspace_id", "key", "id");

-- CreateIndex
CREATE UNIQUE INDEX "attribute_definitions_workspace_id_entity_key_key" ON "attribute_definitions"("workspace_id", "entity", "key");

-- CreateIndex
CREATE UNIQUE INDEX "workspaces_key_key" ON "workspaces"("key");

-- CreateIndex
CREATE INDEX "customers_workspace_id_display_name_id_idx" ON "customers"("workspace_id", "display_name", "id");

-- CreateIndex
CREATE INDEX "customers_workspace_id_created_at_id_idx" ON "customers"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "customers_workspace_id_updated_at_id_idx" ON "customers"("workspace_id", "updated_at", "id");

-- CreateIndex
CREATE INDEX "customers_workspace_id_owner_id_id_idx" ON "customers"("workspace_id", "owner_id", "id");

-- CreateIndex
CREATE INDEX "customers_workspace_id_team_id_id_idx" ON "customers"("workspace_id", "team_id", "id");

-- CreateIndex
CREATE INDEX "customers_workspace_id_stage_id_id_idx" ON "customers"("workspace_id", "stage_id", "id");

-- CreateIndex
CREATE INDEX "customers_workspace_id_country_id_idx" ON "customers"("workspace_id", "country", "id");

-- CreateIndex
CREATE INDEX "identities_workspace_id_customer_id_created_at_id_idx" ON "identities"("workspace_id", "customer_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "identities_workspace_id_kind_system_value_key" ON "identities"("workspace_id", "kind", "system", "value");

-- CreateIndex
CREATE INDEX "preferences_workspace_id_customer_id_observed_at_id_idx" ON "preferences"("workspace_id", "customer_id", "observed_at", "id");

-- CreateIndex
CREATE INDEX "needs_workspace_id_customer_id_observed_at_id_idx" ON "needs"("workspace_id", "customer_id", "observed_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "party_roles_workspace_id_key_key" ON "party_roles"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "events_workspace_id_seq_idx" ON "events"("workspace_id", "seq");

-- CreateIndex
CREATE INDEX "events_workspace_id_type_seq_idx" ON "events"("workspace_id", "type", "seq");

-- CreateIndex
CREATE INDEX "events_workspace_id_subject_id_seq_idx" ON "events"("workspace_id", "subject_id", "seq");

-- CreateIndex
CREATE INDEX "events_workspace_id_customer_id_seq_idx" ON "events"("workspace_id", "customer_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "events_workspace_id_id_key" ON "events"("workspace_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "interaction_kinds_workspace_id_key_key" ON "interaction_kinds"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "conversations_workspace_id_customer_id_created_at_id_idx" ON "conversations"("workspace_id", "customer_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "conversations_workspace_id_status_created_at_id_idx" ON "conversations"("workspace_id", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "conversations_workspace_id_created_at_id_idx" ON "conversations"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "conversations_workspace_id_external_system_external_id_key" ON "conversations"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_customer_id_occurred_at_id_idx" ON "interactions"("workspace_id", "customer_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_occurred_at_id_idx" ON "interactions"("workspace_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_created_at_id_idx" ON "interactions"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_kind_id_occurred_at_id_idx" ON "interactions"("workspace_id", "kind_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_channel_id_occurred_at_id_idx" ON "interactions"("workspace_id", "channel_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_touch_point_id_occurred_at_id_idx" ON "interactions"("workspace_id", "touch_point_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_conversation_id_occurred_at_id_idx" ON "interactions"("workspace_id", "conversation_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "interactions_workspace_id_user_id_occurred_at_id_idx" ON "interactions"("workspace_id", "user_id", "occurred_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "interactions_workspace_id_external_system_external_id_key" ON "interactions"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE INDEX "interaction_participants_workspace_id_interaction_id_id_idx" ON "interaction_participants"("workspace_id", "interaction_id", "id");

-- CreateIndex
CREATE INDEX "interaction_participants_workspace_id_customer_id_idx" ON "interaction_participants"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "interaction_participants_workspace_id_user_id_idx" ON "interaction_participants"("workspace_id", "user_id");

-- CreateIndex
CREATE INDEX "lifecycle_stages_workspace_id_position_id_idx" ON "lifecycle_stages"("workspace_id", "position", "id");

-- CreateIndex
CREATE INDEX "lifecycle_stages_workspace_id_team_id_idx" ON "lifecycle_stages"("workspace_id", "team_id");

-- CreateIndex
CREATE UNIQUE INDEX "lifecycle_stages_workspace_id_key_key" ON "lifecycle_stages"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "lifecycle_transitions_workspace_id_customer_id_occurred_at__idx" ON "lifecycle_transitions"("workspace_id", "customer_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "lifecycle_transitions_workspace_id_to_id_idx" ON "lifecycle_transitions"("workspace_id", "to_id");

-- CreateIndex
CREATE INDEX "lifecycle_transitions_workspace_id_from_id_idx" ON "lifecycle_transitions"("workspace_id", "from_id");

-- CreateIndex
CREATE UNIQUE INDEX "relationship_kinds_workspace_id_key_key" ON "relationship_kinds"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "relationships_workspace_id_from_id_created_at_id_idx" ON "relationships"("workspace_id", "from_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "relationships_workspace_id_to_id_created_at_id_idx" ON "relationships"("workspace_id", "to_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "relationships_workspace_id_created_at_id_idx" ON "relationships"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "relationships_workspace_id_kind_id_from_id_to_id_key" ON "relationships"("workspace_id", "kind_id", "from_id", "to_id");

-- CreateIndex
CREATE UNIQUE INDEX "relationships_workspace_id_external_system_external_id_key" ON "relationships"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "channels_workspace_id_key_key" ON "channels"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "touch_points_workspace_id_channel_id_idx" ON "touch_points"("workspace_id", "channel_id");

-- CreateIndex
CREATE INDEX "touch_points_workspace_id_stage_id_idx" ON "touch_points"("workspace_id", "stage_id");

-- CreateIndex
CREATE INDEX "touch_points_workspace_id_department_id_idx" ON "touch_points"("workspace_id", "department_id");

-- CreateIndex
CREATE UNIQUE INDEX "touch_points_workspace_id_key_key" ON "touch_points"("workspace_id", "key");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_workspace_id_role_id_fkey" FOREIGN KEY ("workspace_id", "role_id") REFERENCES "roles"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "teams" ADD CONSTRAINT "teams_workspace_id_lead_id_fkey" FOREIGN KEY ("workspace_id", "lead_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "teams" ADD CONSTRAINT "teams_workspace_id_parent_id_fkey" FOREIGN KEY ("workspace_id", "parent_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_workspace_id_role_id_fkey" FOREIGN KEY ("workspace_id", "role_id") REFERENCES "roles"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customers" ADD CONSTRAINT "customers_workspace_id_owner_id_fkey" FOREIGN KEY ("workspace_id", "owner_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customers" ADD CONSTRAINT "customers_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customers" ADD CONSTRAINT "customers_workspace_id_stage_id_fkey" FOREIGN KEY ("workspace_id", "stage_id") REFERENCES "lifecycle_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "identities" ADD CONSTRAINT "identities_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "preferences" ADD CONSTRAINT "preferences_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "needs" ADD CONSTRAINT "needs_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_workspace_id_channel_id_fkey" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_workspace_id_touch_point_id_fkey" FOREIGN KEY ("workspace_id", "touch_point_id") REFERENCES "touch_points"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_workspace_id_channel_id_fkey" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_workspace_id_kind_id_fkey" FOREIGN KEY ("workspace_id", "kind_id") REFERENCES "interaction_kinds"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_workspace_id_conversation_id_fkey" FOREIGN KEY ("workspace_id", "conversation_id") REFERENCES "conversations"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interaction_participants" ADD CONSTRAINT "interaction_participants_workspace_id_interaction_id_fkey" FOREIGN KEY ("workspace_id", "interaction_id") REFERENCES "interactions"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interaction_participants" ADD CONSTRAINT "interaction_participants_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "interaction_participants" ADD CONSTRAINT "interaction_participants_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "lifecycle_stages" ADD CONSTRAINT "lifecycle_stages_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "lifecycle_transitions" ADD CONSTRAINT "lifecycle_transitions_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "lifecycle_transitions" ADD CONSTRAINT "lifecycle_transitions_workspace_id_from_id_fkey" FOREIGN KEY ("workspace_id", "from_id") REFERENCES "lifecycle_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "lifecycle_transitions" ADD CONSTRAINT "lifecycle_transitions_workspace_id_to_id_fkey" FOREIGN KEY ("workspace_id", "to_id") REFERENCES "lifecycle_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "relationships" ADD CONSTRAINT "relationships_workspace_id_kind_id_fkey" FOREIGN KEY ("workspace_id", "kind_id") REFERENCES "relationship_kinds"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "relationships" ADD CONSTRAINT "relationships_workspace_id_from_id_fkey" FOREIGN KEY ("workspace_id", "from_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "relationships" ADD CONSTRAINT "relationships_workspace_id_to_id_fkey" FOREIGN KEY ("workspace_id", "to_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "touch_points" ADD CONSTRAINT "touch_points_workspace_id_channel_id_fkey" FOREIGN KEY ("workspace_id", "channel_id") REFERENCES "channels"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "touch_points" ADD CONSTRAINT "touch_points_workspace_id_stage_id_fkey" FOREIGN KEY ("workspace_id", "stage_id") REFERENCES "lifecycle_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "touch_points" ADD CONSTRAINT "touch_points_workspace_id_department_id_fkey" FOREIGN KEY ("workspace_id", "department_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
-- end of the generated part

-- What the schema language cannot say, written by hand.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

insert into event_head (id, seq) values (1, 0);
alter table event_head add constraint event_head_one_row check (id = 1);

-- Words anywhere in a name, labels, roles and custom attributes, each inside one workspace.
create index customers_display_name_trgm on customers using gin (workspace_id, display_name gin_trgm_ops);
create index customers_tags_gin on customers using gin (workspace_id, tags);
create index customers_party_roles_gin on customers using gin (workspace_id, party_roles);
create index customers_attributes_gin on customers using gin (workspace_id, attributes jsonb_path_ops);

alter table relationships add constraint relationships_not_to_itself check (from_id <> to_id);
alter table interactions add constraint interactions_sentiment_range check (sentiment between -1 and 1);
alter table interactions add constraint interactions_value_whole check ((value_amount is null) = (value_currency is null));
alter table interactions add constraint interactions_cost_whole check ((cost_amount is null) = (cost_currency is null));
alter table interaction_participants add constraint interaction_participants_one check (num_nonnulls(customer_id, user_id) = 1);

-- The inbox is a queue that empties all the time: clean it early.
alter table event_inbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
