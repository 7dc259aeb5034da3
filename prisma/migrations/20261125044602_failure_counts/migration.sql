-- AlterTable
ALTER TABLE "users" ADD COLUMN     "known_networks" JSONB NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "failure_counts" (
    "account" TEXT NOT NULL,
    "network" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "failure_counts_pkey" PRIMARY KEY ("account","network")
);

-- CreateIndex
CREATE INDEX "failure_counts_expires_at_idx" ON "failure_counts"("expires_at");
