-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "made_by_id" UUID;

-- AlterTable
ALTER TABLE "failure_counts" ADD COLUMN     "pending" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "pending_until" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "credentials_version" INTEGER NOT NULL DEFAULT 1;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "credentials_version" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "usage_writers" (
    "id" UUID NOT NULL,
    "batch" BIGINT NOT NULL,
    "written_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "usage_writers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "installation" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "bootstrapped_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "sessions_user_id_created_at_idx" ON "sessions"("user_id", "created_at") WHERE "ended_at" IS NULL;

-- CreateIndex
CREATE INDEX "api_keys_made_by_id_idx" ON "api_keys"("made_by_id") WHERE "made_by_id" IS NOT NULL;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_made_by_id_fkey" FOREIGN KEY ("made_by_id") REFERENCES "api_keys"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The first superuser is created once. A database with a superuser has passed that moment.
ALTER TABLE "installation" ADD CONSTRAINT "installation_one_row" CHECK ("id" = 1);
INSERT INTO "installation" ("bootstrapped_at") SELECT min("created_at") FROM "users" WHERE "is_superuser" HAVING count(*) > 0;

-- A moment that no client can write or read: before the year 1 or after the year 9999.
UPDATE "api_keys" SET "expires_at" = '9999-12-31 23:59:59.999+00' WHERE "expires_at" > '9999-12-31 23:59:59.999+00';
UPDATE "api_keys" SET "expires_at" = '0001-01-01 00:00:00+00' WHERE "expires_at" < '0001-01-01 00:00:00+00';
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_expires_at_range"
    CHECK ("expires_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00');
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_total_uses_range" CHECK ("total_uses" BETWEEN 0 AND 9007199254740991);
ALTER TABLE "failure_counts" ADD CONSTRAINT "failure_counts_range" CHECK ("failures" >= 0 AND "pending" >= 0);

-- Part of the condition of every write that a client may send again: refuses to write after its sender gave up.
CREATE FUNCTION "require_before"("deadline" TIMESTAMPTZ) RETURNS BOOLEAN LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF statement_timestamp() >= "deadline" THEN
    RAISE EXCEPTION 'the statement arrived after its deadline' USING ERRCODE = 'query_canceled';
  END IF;
  RETURN TRUE;
END
$$;
