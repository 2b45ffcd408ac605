-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- CreateEnum
CREATE TYPE "signal_kind" AS ENUM ('SEGMENT_ENTERED', 'STAGE_CHANGED', 'INTERACTION', 'DATE_REACHED', 'COMPANION_MISSING');

-- CreateEnum
CREATE TYPE "lead_status" AS ENUM ('NEW', 'WORKING', 'QUALIFIED', 'CONVERTED', 'DISQUALIFIED');

-- CreateEnum
CREATE TYPE "assignment_strategy" AS ENUM ('USER', 'TEAM', 'ROUND_ROBIN', 'CUSTOMER_OWNER');

-- CreateEnum
CREATE TYPE "consent_status" AS ENUM ('GRANTED', 'WITHDRAWN');

-- CreateEnum
CREATE TYPE "legal_basis" AS ENUM ('CONSENT', 'CONTRACT', 'LEGITIMATE_INTEREST', 'LEGAL_OBLIGATION');

-- CreateEnum
CREATE TYPE "quote_status" AS ENUM ('DRAFT', 'SENT', 'ACCEPTED', 'REJECTED', 'EXPIRED');

-- CreateEnum
CREATE TYPE "rule_unit_state" AS ENUM ('PENDING', 'READY', 'FAILED');

-- CreateEnum
CREATE TYPE "opportunity_status" AS ENUM ('OPEN', 'WON', 'LOST');

-- CreateEnum
CREATE TYPE "forecast_category" AS ENUM ('OMITTED', 'PIPELINE', 'BEST_CASE', 'COMMITTED');

-- CreateEnum
CREATE TYPE "segmentation_kind" AS ENUM ('STRATEGIC', 'TACTICAL');

-- CreateEnum
CREATE TYPE "segmentation_method" AS ENUM ('RULES', 'VALUE_CLASSES');

-- CreateEnum
CREATE TYPE "segment_kind" AS ENUM ('STATIC', 'DYNAMIC');

-- CreateEnum
CREATE TYPE "target_period" AS ENUM ('MONTH', 'QUARTER', 'YEAR');

-- DropIndex
DROP INDEX "lifecycle_transitions_workspace_id_to_id_idx";

-- AlterTable
ALTER TABLE "lifecycle_stages" ADD COLUMN     "returnable" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "rule" JSONB;

-- AlterTable
ALTER TABLE "lifecycle_transitions" ADD COLUMN     "automatic" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "counters" (
    "workspace_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "value" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "counters_pkey" PRIMARY KEY ("workspace_id","name")
);

-- CreateTable
CREATE TABLE "event_consumers" (
    "name" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_consumers_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "opportunity_rules" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "signal" "signal_kind" NOT NULL,
    "settings" JSONB NOT NULL,
    "condition" JSONB,
    "pipeline_id" UUID NOT NULL,
    "stage_id" UUID,
    "name_template" TEXT NOT NULL,
    "value" JSONB,
    "product_id" UUID,
    "strategy" "assignment_strategy" NOT NULL,
    "user_id" UUID,
    "team_id" UUID,
    "last_user_id" UUID,
    "close_in_days" INTEGER,
    "period_days" INTEGER NOT NULL DEFAULT 90,
    "next_run_on" DATE,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "opportunity_rules_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunity_rule_firings" (
    "workspace_id" UUID NOT NULL,
    "rule_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "fired_at" TIMESTAMPTZ(3) NOT NULL,
    "opportunity_id" UUID NOT NULL,

    CONSTRAINT "opportunity_rule_firings_pkey" PRIMARY KEY ("workspace_id","rule_id","customer_id","reason")
);

-- CreateTable
CREATE TABLE "lead_sources" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "lead_sources_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "leads" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "source_id" UUID NOT NULL,
    "owner_id" UUID,
    "team_id" UUID,
    "territory_id" UUID,
    "product_id" UUID,
    "status" "lead_status" NOT NULL DEFAULT 'NEW',
    "interest" TEXT,
    "message" TEXT,
    "score" INTEGER NOT NULL DEFAULT 0,
    "captured_at" TIMESTAMPTZ(3) NOT NULL,
    "converted_at" TIMESTAMPTZ(3),
    "close_note" TEXT,
    "external_system" TEXT,
    "external_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "leads_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "lead_criteria" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "points" INTEGER NOT NULL,
    "rule" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "lead_criteria_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "lead_points" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "lead_id" UUID NOT NULL,
    "criterion_id" UUID NOT NULL,
    "points" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lead_points_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "consents" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "lead_id" UUID,
    "purpose" TEXT NOT NULL,
    "status" "consent_status" NOT NULL,
    "legal_basis" "legal_basis" NOT NULL,
    "source" TEXT,
    "wording" TEXT,
    "given_at" TIMESTAMPTZ(3) NOT NULL,
    "withdrawn_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "consents_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "territories" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "position" INTEGER NOT NULL,
    "rule" JSONB NOT NULL,
    "strategy" "assignment_strategy" NOT NULL,
    "user_id" UUID,
    "team_id" UUID,
    "last_user_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "territories_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "health_rules" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "health" "customer_health" NOT NULL,
    "rule" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "health_rules_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "quotes" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "opportunity_id" UUID NOT NULL,
    "price_list_id" UUID,
    "previous_id" UUID,
    "number" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "status" "quote_status" NOT NULL DEFAULT 'DRAFT',
    "currency" TEXT NOT NULL,
    "discount_percent" DECIMAL(19,4) NOT NULL DEFAULT 0,
    "net_amount" DECIMAL(19,4) NOT NULL,
    "discount_amount" DECIMAL(19,4) NOT NULL,
    "tax_amount" DECIMAL(19,4) NOT NULL,
    "total_amount" DECIMAL(19,4) NOT NULL,
    "valid_until" DATE,
    "note" TEXT,
    "sent_at" TIMESTAMPTZ(3),
    "decided_at" TIMESTAMPTZ(3),
    "decision_note" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "quotes_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "quote_lines" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "quote_id" UUID NOT NULL,
    "product_id" UUID,
    "position" INTEGER NOT NULL,
    "description" TEXT,
    "quantity" DECIMAL(19,4) NOT NULL,
    "unit_amount" DECIMAL(19,4) NOT NULL,
    "discount_percent" DECIMAL(19,4) NOT NULL DEFAULT 0,
    "tax_percent" DECIMAL(19,4) NOT NULL DEFAULT 0,
    "net_amount" DECIMAL(19,4) NOT NULL,
    "tax_amount" DECIMAL(19,4) NOT NULL,
    "total_amount" DECIMAL(19,4) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quote_lines_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "rule_units" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "state" "rule_unit_state" NOT NULL DEFAULT 'PENDING',
    "generation" INTEGER NOT NULL DEFAULT 1,
    "evaluated_at" TIMESTAMPTZ(3),
    "evaluated_seq" BIGINT,
    "failure" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "rule_units_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "rule_checks" (
    "workspace_id" UUID NOT NULL,
    "unit_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rule_checks_pkey" PRIMARY KEY ("workspace_id","unit_id","customer_id")
);

-- CreateTable
CREATE TABLE "pipelines" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "position" INTEGER NOT NULL,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "pipelines_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "pipeline_stages" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "pipeline_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "position" INTEGER NOT NULL,
    "probability" DECIMAL(19,4) NOT NULL,
    "outcome" "opportunity_status" NOT NULL DEFAULT 'OPEN',
    "forecast_category" "forecast_category" NOT NULL DEFAULT 'PIPELINE',
    "required_fields" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "stalled_after_days" INTEGER,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "pipeline_stages_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "products" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "family" TEXT,
    "unit" TEXT,
    "price_amount" DECIMAL(19,4),
    "price_currency" TEXT,
    "external_system" TEXT,
    "external_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "products_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "price_lists" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "currency" TEXT NOT NULL,
    "valid_from" DATE,
    "valid_until" DATE,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "price_lists_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "prices" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "price_list_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "amount" DECIMAL(19,4) NOT NULL,
    "minimum_quantity" DECIMAL(19,4) NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "prices_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "exchange_rates" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "currency" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "rate" DECIMAL(20,10) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "exchange_rates_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "competitors" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "website" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "competitors_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "close_reasons" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "outcome" "opportunity_status" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "close_reasons_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunity_roles" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "opportunity_roles_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunities" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "customer_id" UUID,
    "pipeline_id" UUID NOT NULL,
    "stage_id" UUID NOT NULL,
    "owner_id" UUID,
    "team_id" UUID,
    "name" TEXT NOT NULL,
    "status" "opportunity_status" NOT NULL,
    "value_amount" DECIMAL(19,4),
    "value_currency" TEXT,
    "base_amount" DECIMAL(19,4),
    "probability" DECIMAL(19,4),
    "forecast_category" "forecast_category",
    "expected_close_on" DATE,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "stage_since" TIMESTAMPTZ(3) NOT NULL,
    "close_reason_id" UUID,
    "lost_to_id" UUID,
    "close_note" TEXT,
    "source" TEXT,
    "rule_id" UUID,
    "lead_id" UUID,
    "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    "external_system" TEXT,
    "external_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "opportunities_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunity_lines" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "opportunity_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "description" TEXT,
    "quantity" DECIMAL(19,4) NOT NULL DEFAULT 1,
    "unit_amount" DECIMAL(19,4) NOT NULL,
    "discount_percent" DECIMAL(19,4) NOT NULL DEFAULT 0,
    "amount" DECIMAL(19,4) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "opportunity_lines_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunity_transitions" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "opportunity_id" UUID NOT NULL,
    "from_id" UUID,
    "to_id" UUID NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "left_at" TIMESTAMPTZ(3),
    "reason" TEXT,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "opportunity_transitions_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunity_contacts" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "opportunity_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "role_id" UUID NOT NULL,
    "note" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "opportunity_contacts_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "opportunity_competitors" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "opportunity_id" UUID NOT NULL,
    "competitor_id" UUID NOT NULL,
    "note" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "opportunity_competitors_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "segmentations" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "kind" "segmentation_kind" NOT NULL,
    "method" "segmentation_method" NOT NULL DEFAULT 'RULES',
    "measure" JSONB,
    "recompute_minutes" INTEGER,
    "recompute_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "segmentations_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "segments" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "segmentation_id" UUID NOT NULL,
    "kind" "segment_kind" NOT NULL,
    "rule" JSONB,
    "priority" INTEGER NOT NULL,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "ceiling" DECIMAL(19,4),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "segments_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "segment_memberships" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "segmentation_id" UUID NOT NULL,
    "segment_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "exclusive" BOOLEAN NOT NULL,
    "entered_at" TIMESTAMPTZ(3) NOT NULL,
    "left_at" TIMESTAMPTZ(3),
    "value" DECIMAL(19,4),

    CONSTRAINT "segment_memberships_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "sales_targets" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "owner_id" UUID,
    "team_id" UUID,
    "pipeline_id" UUID,
    "period" "target_period" NOT NULL,
    "starts_on" DATE NOT NULL,
    "amount" DECIMAL(19,4) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "sales_targets_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_signal_id_idx" ON "opportunity_rules"("workspace_id", "signal", "id");

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_pipeline_id_idx" ON "opportunity_rules"("workspace_id", "pipeline_id");

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_stage_id_idx" ON "opportunity_rules"("workspace_id", "stage_id");

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_product_id_idx" ON "opportunity_rules"("workspace_id", "product_id");

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_user_id_idx" ON "opportunity_rules"("workspace_id", "user_id");

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_team_id_idx" ON "opportunity_rules"("workspace_id", "team_id");

-- CreateIndex
CREATE INDEX "opportunity_rules_workspace_id_last_user_id_idx" ON "opportunity_rules"("workspace_id", "last_user_id");

-- CreateIndex
CREATE UNIQUE INDEX "opportunity_rules_workspace_id_key_key" ON "opportunity_rules"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "opportunity_rule_firings_workspace_id_customer_id_idx" ON "opportunity_rule_firings"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "opportunity_rule_firings_workspace_id_opportunity_id_idx" ON "opportunity_rule_firings"("workspace_id", "opportunity_id");

-- CreateIndex
CREATE UNIQUE INDEX "lead_sources_workspace_id_key_key" ON "lead_sources"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "leads_workspace_id_captured_at_id_idx" ON "leads"("workspace_id", "captured_at", "id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_customer_id_captured_at_id_idx" ON "leads"("workspace_id", "customer_id", "captured_at", "id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_owner_id_id_idx" ON "leads"("workspace_id", "owner_id", "id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_team_id_id_idx" ON "leads"("workspace_id", "team_id", "id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_status_score_id_idx" ON "leads"("workspace_id", "status", "score", "id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_score_id_idx" ON "leads"("workspace_id", "score", "id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_source_id_idx" ON "leads"("workspace_id", "source_id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_territory_id_idx" ON "leads"("workspace_id", "territory_id");

-- CreateIndex
CREATE INDEX "leads_workspace_id_product_id_idx" ON "leads"("workspace_id", "product_id");

-- CreateIndex
CREATE UNIQUE INDEX "leads_workspace_id_external_system_external_id_key" ON "leads"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "lead_criteria_workspace_id_key_key" ON "lead_criteria"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "lead_points_workspace_id_criterion_id_idx" ON "lead_points"("workspace_id", "criterion_id");

-- CreateIndex
CREATE UNIQUE INDEX "lead_points_workspace_id_lead_id_criterion_id_key" ON "lead_points"("workspace_id", "lead_id", "criterion_id");

-- CreateIndex
CREATE INDEX "consents_workspace_id_customer_id_given_at_id_idx" ON "consents"("workspace_id", "customer_id", "given_at", "id");

-- CreateIndex
CREATE INDEX "consents_workspace_id_lead_id_idx" ON "consents"("workspace_id", "lead_id");

-- CreateIndex
CREATE INDEX "territories_workspace_id_position_id_idx" ON "territories"("workspace_id", "position", "id");

-- CreateIndex
CREATE INDEX "territories_workspace_id_user_id_idx" ON "territories"("workspace_id", "user_id");

-- CreateIndex
CREATE INDEX "territories_workspace_id_team_id_idx" ON "territories"("workspace_id", "team_id");

-- CreateIndex
CREATE INDEX "territories_workspace_id_last_user_id_idx" ON "territories"("workspace_id", "last_user_id");

-- CreateIndex
CREATE UNIQUE INDEX "territories_workspace_id_key_key" ON "territories"("workspace_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "health_rules_workspace_id_health_key" ON "health_rules"("workspace_id", "health");

-- CreateIndex
CREATE INDEX "quotes_workspace_id_created_at_id_idx" ON "quotes"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "quotes_workspace_id_opportunity_id_created_at_id_idx" ON "quotes"("workspace_id", "opportunity_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "quotes_workspace_id_status_valid_until_id_idx" ON "quotes"("workspace_id", "status", "valid_until", "id");

-- CreateIndex
CREATE INDEX "quotes_workspace_id_price_list_id_idx" ON "quotes"("workspace_id", "price_list_id");

-- CreateIndex
CREATE INDEX "quotes_workspace_id_previous_id_idx" ON "quotes"("workspace_id", "previous_id");

-- CreateIndex
CREATE UNIQUE INDEX "quotes_workspace_id_number_revision_key" ON "quotes"("workspace_id", "number", "revision");

-- CreateIndex
CREATE INDEX "quote_lines_workspace_id_quote_id_position_id_idx" ON "quote_lines"("workspace_id", "quote_id", "position", "id");

-- CreateIndex
CREATE INDEX "quote_lines_workspace_id_product_id_idx" ON "quote_lines"("workspace_id", "product_id");

-- CreateIndex
CREATE INDEX "rule_units_state_workspace_id_idx" ON "rule_units"("state", "workspace_id");

-- CreateIndex
CREATE INDEX "rule_checks_due_at_idx" ON "rule_checks"("due_at");

-- CreateIndex
CREATE INDEX "rule_checks_workspace_id_customer_id_idx" ON "rule_checks"("workspace_id", "customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "pipelines_workspace_id_key_key" ON "pipelines"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "pipeline_stages_workspace_id_pipeline_id_position_id_idx" ON "pipeline_stages"("workspace_id", "pipeline_id", "position", "id");

-- CreateIndex
CREATE UNIQUE INDEX "pipeline_stages_workspace_id_pipeline_id_key_key" ON "pipeline_stages"("workspace_id", "pipeline_id", "key");

-- CreateIndex
CREATE INDEX "products_workspace_id_family_id_idx" ON "products"("workspace_id", "family", "id");

-- CreateIndex
CREATE INDEX "products_workspace_id_name_id_idx" ON "products"("workspace_id", "name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "products_workspace_id_key_key" ON "products"("workspace_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "products_workspace_id_external_system_external_id_key" ON "products"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "price_lists_workspace_id_key_key" ON "price_lists"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "prices_workspace_id_product_id_idx" ON "prices"("workspace_id", "product_id");

-- CreateIndex
CREATE UNIQUE INDEX "prices_workspace_id_price_list_id_product_id_minimum_quanti_key" ON "prices"("workspace_id", "price_list_id", "product_id", "minimum_quantity");

-- CreateIndex
CREATE UNIQUE INDEX "exchange_rates_workspace_id_currency_valid_from_key" ON "exchange_rates"("workspace_id", "currency", "valid_from");

-- CreateIndex
CREATE UNIQUE INDEX "competitors_workspace_id_key_key" ON "competitors"("workspace_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "close_reasons_workspace_id_key_key" ON "close_reasons"("workspace_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "opportunity_roles_workspace_id_key_key" ON "opportunity_roles"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_opened_at_id_idx" ON "opportunities"("workspace_id", "opened_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_customer_id_opened_at_id_idx" ON "opportunities"("workspace_id", "customer_id", "opened_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_value_currency_idx" ON "opportunities"("workspace_id", "value_currency");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_created_at_id_idx" ON "opportunities"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_customer_id_closed_at_id_idx" ON "opportunities"("workspace_id", "customer_id", "closed_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_pipeline_id_stage_id_id_idx" ON "opportunities"("workspace_id", "pipeline_id", "stage_id", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_stage_id_id_idx" ON "opportunities"("workspace_id", "stage_id", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_owner_id_status_expected_close_o_idx" ON "opportunities"("workspace_id", "owner_id", "status", "expected_close_on", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_team_id_status_expected_close_on_idx" ON "opportunities"("workspace_id", "team_id", "status", "expected_close_on", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_status_closed_at_id_idx" ON "opportunities"("workspace_id", "status", "closed_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_status_expected_close_on_id_idx" ON "opportunities"("workspace_id", "status", "expected_close_on", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_expected_close_on_id_idx" ON "opportunities"("workspace_id", "expected_close_on", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_closed_at_id_idx" ON "opportunities"("workspace_id", "closed_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_value_amount_id_idx" ON "opportunities"("workspace_id", "value_amount", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_updated_at_id_idx" ON "opportunities"("workspace_id", "updated_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_rule_id_created_at_id_idx" ON "opportunities"("workspace_id", "rule_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_lead_id_idx" ON "opportunities"("workspace_id", "lead_id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_close_reason_id_idx" ON "opportunities"("workspace_id", "close_reason_id");

-- CreateIndex
CREATE INDEX "opportunities_workspace_id_lost_to_id_idx" ON "opportunities"("workspace_id", "lost_to_id");

-- CreateIndex
CREATE UNIQUE INDEX "opportunities_workspace_id_external_system_external_id_key" ON "opportunities"("workspace_id", "external_system", "external_id");

-- CreateIndex
CREATE INDEX "opportunity_lines_workspace_id_opportunity_id_position_id_idx" ON "opportunity_lines"("workspace_id", "opportunity_id", "position", "id");

-- CreateIndex
CREATE INDEX "opportunity_lines_workspace_id_product_id_id_idx" ON "opportunity_lines"("workspace_id", "product_id", "id");

-- CreateIndex
CREATE INDEX "opportunity_transitions_workspace_id_opportunity_id_occurre_idx" ON "opportunity_transitions"("workspace_id", "opportunity_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "opportunity_transitions_workspace_id_to_id_occurred_at_idx" ON "opportunity_transitions"("workspace_id", "to_id", "occurred_at");

-- CreateIndex
CREATE INDEX "opportunity_transitions_workspace_id_from_id_idx" ON "opportunity_transitions"("workspace_id", "from_id");

-- CreateIndex
CREATE INDEX "opportunity_contacts_workspace_id_customer_id_idx" ON "opportunity_contacts"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "opportunity_contacts_workspace_id_role_id_idx" ON "opportunity_contacts"("workspace_id", "role_id");

-- CreateIndex
CREATE UNIQUE INDEX "opportunity_contacts_workspace_id_opportunity_id_customer_i_key" ON "opportunity_contacts"("workspace_id", "opportunity_id", "customer_id", "role_id");

-- CreateIndex
CREATE INDEX "opportunity_competitors_workspace_id_competitor_id_idx" ON "opportunity_competitors"("workspace_id", "competitor_id");

-- CreateIndex
CREATE UNIQUE INDEX "opportunity_competitors_workspace_id_opportunity_id_competi_key" ON "opportunity_competitors"("workspace_id", "opportunity_id", "competitor_id");

-- CreateIndex
CREATE INDEX "segmentations_workspace_id_recompute_at_idx" ON "segmentations"("workspace_id", "recompute_at");

-- CreateIndex
CREATE UNIQUE INDEX "segmentations_workspace_id_key_key" ON "segmentations"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "segments_workspace_id_segmentation_id_priority_id_idx" ON "segments"("workspace_id", "segmentation_id", "priority", "id");

-- CreateIndex
CREATE UNIQUE INDEX "segments_workspace_id_key_key" ON "segments"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "segment_memberships_workspace_id_segment_id_entered_at_id_idx" ON "segment_memberships"("workspace_id", "segment_id", "entered_at", "id");

-- CreateIndex
CREATE INDEX "segment_memberships_workspace_id_customer_id_entered_at_id_idx" ON "segment_memberships"("workspace_id", "customer_id", "entered_at", "id");

-- CreateIndex
CREATE INDEX "segment_memberships_workspace_id_segmentation_id_idx" ON "segment_memberships"("workspace_id", "segmentation_id");

-- CreateIndex
CREATE INDEX "sales_targets_workspace_id_starts_on_id_idx" ON "sales_targets"("workspace_id", "starts_on", "id");

-- CreateIndex
CREATE INDEX "sales_targets_workspace_id_owner_id_idx" ON "sales_targets"("workspace_id", "owner_id");

-- CreateIndex
CREATE INDEX "sales_targets_workspace_id_team_id_idx" ON "sales_targets"("workspace_id", "team_id");

-- CreateIndex
CREATE INDEX "sales_targets_workspace_id_pipeline_id_idx" ON "sales_targets"("workspace_id", "pipeline_id");

-- CreateIndex
CREATE INDEX "lifecycle_transitions_workspace_id_to_id_occurred_at_idx" ON "lifecycle_transitions"("workspace_id", "to_id", "occurred_at");

-- CreateIndex
CREATE INDEX "lifecycle_transitions_workspace_id_occurred_at_id_idx" ON "lifecycle_transitions"("workspace_id", "occurred_at", "id");

-- AddForeignKey
ALTER TABLE "opportunity_rules" ADD CONSTRAINT "opportunity_rules_workspace_id_pipeline_id_fkey" FOREIGN KEY ("workspace_id", "pipeline_id") REFERENCES "pipelines"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rules" ADD CONSTRAINT "opportunity_rules_workspace_id_stage_id_fkey" FOREIGN KEY ("workspace_id", "stage_id") REFERENCES "pipeline_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rules" ADD CONSTRAINT "opportunity_rules_workspace_id_product_id_fkey" FOREIGN KEY ("workspace_id", "product_id") REFERENCES "products"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rules" ADD CONSTRAINT "opportunity_rules_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rules" ADD CONSTRAINT "opportunity_rules_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rules" ADD CONSTRAINT "opportunity_rules_workspace_id_last_user_id_fkey" FOREIGN KEY ("workspace_id", "last_user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rule_firings" ADD CONSTRAINT "opportunity_rule_firings_workspace_id_rule_id_fkey" FOREIGN KEY ("workspace_id", "rule_id") REFERENCES "opportunity_rules"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rule_firings" ADD CONSTRAINT "opportunity_rule_firings_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_rule_firings" ADD CONSTRAINT "opportunity_rule_firings_workspace_id_opportunity_id_fkey" FOREIGN KEY ("workspace_id", "opportunity_id") REFERENCES "opportunities"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "leads" ADD CONSTRAINT "leads_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "leads" ADD CONSTRAINT "leads_workspace_id_source_id_fkey" FOREIGN KEY ("workspace_id", "source_id") REFERENCES "lead_sources"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "leads" ADD CONSTRAINT "leads_workspace_id_owner_id_fkey" FOREIGN KEY ("workspace_id", "owner_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "leads" ADD CONSTRAINT "leads_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "leads" ADD CONSTRAINT "leads_workspace_id_territory_id_fkey" FOREIGN KEY ("workspace_id", "territory_id") REFERENCES "territories"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "leads" ADD CONSTRAINT "leads_workspace_id_product_id_fkey" FOREIGN KEY ("workspace_id", "product_id") REFERENCES "products"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "lead_points" ADD CONSTRAINT "lead_points_workspace_id_lead_id_fkey" FOREIGN KEY ("workspace_id", "lead_id") REFERENCES "leads"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "lead_points" ADD CONSTRAINT "lead_points_workspace_id_criterion_id_fkey" FOREIGN KEY ("workspace_id", "criterion_id") REFERENCES "lead_criteria"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "consents" ADD CONSTRAINT "consents_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "consents" ADD CONSTRAINT "consents_workspace_id_lead_id_fkey" FOREIGN KEY ("workspace_id", "lead_id") REFERENCES "leads"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "territories" ADD CONSTRAINT "territories_workspace_id_user_id_fkey" FOREIGN KEY ("workspace_id", "user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "territories" ADD CONSTRAINT "territories_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "territories" ADD CONSTRAINT "territories_workspace_id_last_user_id_fkey" FOREIGN KEY ("workspace_id", "last_user_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "quotes" ADD CONSTRAINT "quotes_workspace_id_opportunity_id_fkey" FOREIGN KEY ("workspace_id", "opportunity_id") REFERENCES "opportunities"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "quotes" ADD CONSTRAINT "quotes_workspace_id_price_list_id_fkey" FOREIGN KEY ("workspace_id", "price_list_id") REFERENCES "price_lists"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "quotes" ADD CONSTRAINT "quotes_workspace_id_previous_id_fkey" FOREIGN KEY ("workspace_id", "previous_id") REFERENCES "quotes"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "quote_lines" ADD CONSTRAINT "quote_lines_workspace_id_quote_id_fkey" FOREIGN KEY ("workspace_id", "quote_id") REFERENCES "quotes"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "quote_lines" ADD CONSTRAINT "quote_lines_workspace_id_product_id_fkey" FOREIGN KEY ("workspace_id", "product_id") REFERENCES "products"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "pipeline_stages" ADD CONSTRAINT "pipeline_stages_workspace_id_pipeline_id_fkey" FOREIGN KEY ("workspace_id", "pipeline_id") REFERENCES "pipelines"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "prices" ADD CONSTRAINT "prices_workspace_id_price_list_id_fkey" FOREIGN KEY ("workspace_id", "price_list_id") REFERENCES "price_lists"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "prices" ADD CONSTRAINT "prices_workspace_id_product_id_fkey" FOREIGN KEY ("workspace_id", "product_id") REFERENCES "products"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_pipeline_id_fkey" FOREIGN KEY ("workspace_id", "pipeline_id") REFERENCES "pipelines"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_stage_id_fkey" FOREIGN KEY ("workspace_id", "stage_id") REFERENCES "pipeline_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_owner_id_fkey" FOREIGN KEY ("workspace_id", "owner_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_close_reason_id_fkey" FOREIGN KEY ("workspace_id", "close_reason_id") REFERENCES "close_reasons"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_lost_to_id_fkey" FOREIGN KEY ("workspace_id", "lost_to_id") REFERENCES "competitors"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_rule_id_fkey" FOREIGN KEY ("workspace_id", "rule_id") REFERENCES "opportunity_rules"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_workspace_id_lead_id_fkey" FOREIGN KEY ("workspace_id", "lead_id") REFERENCES "leads"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_lines" ADD CONSTRAINT "opportunity_lines_workspace_id_opportunity_id_fkey" FOREIGN KEY ("workspace_id", "opportunity_id") REFERENCES "opportunities"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_lines" ADD CONSTRAINT "opportunity_lines_workspace_id_product_id_fkey" FOREIGN KEY ("workspace_id", "product_id") REFERENCES "products"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_transitions" ADD CONSTRAINT "opportunity_transitions_workspace_id_opportunity_id_fkey" FOREIGN KEY ("workspace_id", "opportunity_id") REFERENCES "opportunities"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_transitions" ADD CONSTRAINT "opportunity_transitions_workspace_id_from_id_fkey" FOREIGN KEY ("workspace_id", "from_id") REFERENCES "pipeline_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_transitions" ADD CONSTRAINT "opportunity_transitions_workspace_id_to_id_fkey" FOREIGN KEY ("workspace_id", "to_id") REFERENCES "pipeline_stages"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_contacts" ADD CONSTRAINT "opportunity_contacts_workspace_id_opportunity_id_fkey" FOREIGN KEY ("workspace_id", "opportunity_id") REFERENCES "opportunities"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_contacts" ADD CONSTRAINT "opportunity_contacts_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_contacts" ADD CONSTRAINT "opportunity_contacts_workspace_id_role_id_fkey" FOREIGN KEY ("workspace_id", "role_id") REFERENCES "opportunity_roles"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_competitors" ADD CONSTRAINT "opportunity_competitors_workspace_id_opportunity_id_fkey" FOREIGN KEY ("workspace_id", "opportunity_id") REFERENCES "opportunities"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "opportunity_competitors" ADD CONSTRAINT "opportunity_competitors_workspace_id_competitor_id_fkey" FOREIGN KEY ("workspace_id", "competitor_id") REFERENCES "competitors"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "segments" ADD CONSTRAINT "segments_workspace_id_segmentation_id_fkey" FOREIGN KEY ("workspace_id", "segmentation_id") REFERENCES "segmentations"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "segment_memberships" ADD CONSTRAINT "segment_memberships_workspace_id_segmentation_id_fkey" FOREIGN KEY ("workspace_id", "segmentation_id") REFERENCES "segmentations"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "segment_memberships" ADD CONSTRAINT "segment_memberships_workspace_id_segment_id_fkey" FOREIGN KEY ("workspace_id", "segment_id") REFERENCES "segments"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "segment_memberships" ADD CONSTRAINT "segment_memberships_workspace_id_customer_id_fkey" FOREIGN KEY ("workspace_id", "customer_id") REFERENCES "customers"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "sales_targets" ADD CONSTRAINT "sales_targets_workspace_id_owner_id_fkey" FOREIGN KEY ("workspace_id", "owner_id") REFERENCES "users"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "sales_targets" ADD CONSTRAINT "sales_targets_workspace_id_team_id_fkey" FOREIGN KEY ("workspace_id", "team_id") REFERENCES "teams"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "sales_targets" ADD CONSTRAINT "sales_targets_workspace_id_pipeline_id_fkey" FOREIGN KEY ("workspace_id", "pipeline_id") REFERENCES "pipelines"("workspace_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;
-- end of the generated part

-- What the schema language cannot say, written by hand.

-- A customer is in a segment once at a time, and in one segment of a strategic segmentation.
create unique index segment_memberships_current on segment_memberships (workspace_id, segment_id, customer_id) where left_at is null;
create unique index segment_memberships_partition on segment_memberships (workspace_id, segmentation_id, customer_id) where left_at is null and exclusive;
create index segment_memberships_of_customer on segment_memberships (workspace_id, customer_id, segment_id) where left_at is null;
alter table segment_memberships add constraint segment_memberships_period check (left_at >= entered_at);
create unique index segments_one_default on segments (workspace_id, segmentation_id) where is_default and archived_at is null;

create unique index pipelines_one_default on pipelines (workspace_id) where is_default and archived_at is null;
alter table pipeline_stages add constraint pipeline_stages_probability check (probability between 0 and 1);
alter table opportunities add constraint opportunities_value_whole check ((value_amount is null) = (value_currency is null));
alter table opportunities add constraint opportunities_probability check (probability between 0 and 1);
alter table opportunities add constraint opportunities_closed check ((status = 'OPEN') = (closed_at is null));
alter table products add constraint products_price_whole check ((price_amount is null) = (price_currency is null));
alter table exchange_rates add constraint exchange_rates_positive check (rate > 0);
create index products_name_trgm on products using gin (workspace_id, name gin_trgm_ops);
create index opportunities_name_trgm on opportunities using gin (workspace_id, name gin_trgm_ops);

-- What a customer bought, for the rules about it.
create index opportunities_won on opportunities (workspace_id, customer_id, closed_at) where status = 'WON';

-- One offer of an opportunity is accepted.
create unique index quotes_one_accepted on quotes (workspace_id, opportunity_id) where status = 'ACCEPTED' and archived_at is null;
create unique index sales_targets_one on sales_targets (workspace_id, period, starts_on, owner_id, team_id, pipeline_id) nulls not distinct where archived_at is null;
