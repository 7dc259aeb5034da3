-- CreateEnum
CREATE TYPE "access_type" AS ENUM ('PRIVATE', 'PUBLIC');

-- CreateTable
CREATE TABLE "projects" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "flows" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "data" TEXT,
    "is_component" BOOLEAN NOT NULL DEFAULT false,
    "endpoint_name" TEXT,
    "access_type" "access_type" NOT NULL DEFAULT 'PRIVATE',
    "icon" TEXT,
    "icon_bg_color" TEXT,
    "gradient" TEXT,
    "tags" JSONB,
    "webhook" BOOLEAN NOT NULL DEFAULT false,
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "mcp_enabled" BOOLEAN NOT NULL DEFAULT false,
    "action_name" TEXT,
    "action_description" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "flows_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "projects_user_id_name_key" ON "projects"("user_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "projects_user_id_id_key" ON "projects"("user_id", "id");

-- CreateIndex
CREATE INDEX "flows_user_id_updated_at_id_is_component_idx" ON "flows"("user_id", "updated_at", "id", "is_component");

-- CreateIndex
CREATE INDEX "flows_user_id_project_id_updated_at_id_is_component_idx" ON "flows"("user_id", "project_id", "updated_at", "id", "is_component");

-- CreateIndex
CREATE INDEX "flows_user_id_id_idx" ON "flows"("user_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "flows_user_id_name_key" ON "flows"("user_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "flows_user_id_endpoint_name_key" ON "flows"("user_id", "endpoint_name");

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flows" ADD CONSTRAINT "flows_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flows" ADD CONSTRAINT "flows_user_id_project_id_fkey" FOREIGN KEY ("user_id", "project_id") REFERENCES "projects"("user_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Accounts made before this have a first project like those made from now on.
INSERT INTO "projects" ("id", "user_id", "name", "description")
SELECT gen_random_uuid(), "id", 'Starter Project', 'Manage your own flows. Download and upload projects.' FROM "users";
