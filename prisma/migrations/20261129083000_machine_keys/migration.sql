-- AlterTable
ALTER TABLE "users" ADD COLUMN     "is_service" BOOLEAN NOT NULL DEFAULT false,
ALTER COLUMN "password_hash" DROP NOT NULL;

-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "allowed_networks" TEXT,
ADD COLUMN     "rate_counter_id" UUID,
ADD COLUMN     "rate_limit" INTEGER,
ADD COLUMN     "rate_window_seconds" INTEGER,
ADD COLUMN     "replaced_by_id" UUID,
ADD COLUMN     "scopes" TEXT;

-- CreateTable
CREATE TABLE "api_key_uses" (
    "api_key_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "uses" BIGINT NOT NULL,

    CONSTRAINT "api_key_uses_pkey" PRIMARY KEY ("api_key_id","day")
);

-- CreateTable
CREATE TABLE "rate_counters" (
    "id" UUID NOT NULL,
    "arrival_ms" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "rate_counters_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "users_username_id_service_idx" ON "users"("username", "id") WHERE "is_service";

-- CreateIndex
CREATE INDEX "api_keys_rate_counter_id_idx" ON "api_keys"("rate_counter_id") WHERE "rate_counter_id" IS NOT NULL;

-- CreateIndex
CREATE INDEX "api_keys_replaced_by_id_idx" ON "api_keys"("replaced_by_id") WHERE "replaced_by_id" IS NOT NULL;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_replaced_by_id_fkey" FOREIGN KEY ("replaced_by_id") REFERENCES "api_keys"("id") ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;

-- AddForeignKey
ALTER TABLE "api_key_uses" ADD CONSTRAINT "api_key_uses_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- NOT VALID here and above: the rows that exist satisfy the constraints, and a check of all of them would block sign-ins.
ALTER TABLE "users" ADD CONSTRAINT "users_service_password" CHECK ("is_service" = ("password_hash" IS NULL)) NOT VALID;
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_rate_limit" CHECK (
    num_nonnulls("rate_limit", "rate_window_seconds", "rate_counter_id") IN (0, 3)
    AND "rate_limit" > 0 AND "rate_window_seconds" > 0) NOT VALID;

-- Rows change every few seconds: with room on its page, a new version of one needs no entries in the indexes.
ALTER TABLE "api_key_uses" SET (fillfactor = 80);
ALTER TABLE "rate_counters" SET (fillfactor = 50);
