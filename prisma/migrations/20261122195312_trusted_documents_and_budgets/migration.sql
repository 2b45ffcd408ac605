-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it
-- CreateEnum
CREATE TYPE "document_policy" AS ENUM ('ANY', 'TRUSTED');

-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "documents" "document_policy" NOT NULL DEFAULT 'ANY';

-- CreateTable
CREATE TABLE "credential_budgets" (
    "workspace_id" UUID NOT NULL,
    "credential_id" UUID NOT NULL,
    "remaining" DOUBLE PRECISION NOT NULL,
    "restored_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credential_budgets_pkey" PRIMARY KEY ("workspace_id","credential_id")
);
-- end of the generated part

-- Lost after a crash of the database, which only gives credentials a full budget: not worth a write to its journal.
alter table credential_budgets set unlogged;
alter table credential_budgets set (fillfactor = 50);
