-- CreateTable
CREATE TABLE "signing_keys" (
    "id" UUID NOT NULL,
    "kid" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "private_key" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "activates_at" TIMESTAMPTZ(3) NOT NULL,
    "retires_at" TIMESTAMPTZ(3),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "signing_keys_kid_algorithm_key" ON "signing_keys"("kid", "algorithm");

-- The secrets by the key that encrypts them, in the order in which a rotation reads them.
CREATE INDEX "signing_keys_private_key_key" ON "signing_keys"(left("private_key", 14), "id") WHERE "private_key" IS NOT NULL;
