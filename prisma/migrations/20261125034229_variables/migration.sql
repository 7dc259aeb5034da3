-- AlterTable
ALTER TABLE "secret_keys" ADD COLUMN     "retired_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "variables" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "plain_value" TEXT,
    "sealed_value" TEXT,
    "default_fields" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "variables_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "variable_imports" (
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "variable_imports_pkey" PRIMARY KEY ("user_id","name")
);

-- CreateIndex
CREATE UNIQUE INDEX "variables_user_id_name_key" ON "variables"("user_id", "name");

-- AddForeignKey
ALTER TABLE "variables" ADD CONSTRAINT "variables_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "variable_imports" ADD CONSTRAINT "variable_imports_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Which key each secret is sealed with, in the order in which a rotation walks them: see src/services/secret-columns.ts.
CREATE INDEX "variables_sealed_value_key" ON "variables"(left("sealed_value", 14), "id") WHERE "sealed_value" IS NOT NULL;

-- A value is in the clear or sealed, as its type says.
ALTER TABLE "variables" ADD CONSTRAINT "variables_value_by_type"
    CHECK (("type" = 'Credential') = ("sealed_value" IS NOT NULL) AND ("type" = 'Generic') = ("plain_value" IS NOT NULL));
