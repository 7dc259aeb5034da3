-- CreateIndex
CREATE INDEX "users_created_at_id_idx" ON "users"("created_at", "id");

-- CreateIndex
CREATE INDEX "users_last_login_at_id_idx" ON "users"("last_login_at" NULLS FIRST, "id");

-- CreateIndex
CREATE INDEX "users_is_active_username_id_idx" ON "users"("is_active", "username", "id");

-- CreateIndex
CREATE INDEX "users_is_superuser_username_id_idx" ON "users"("is_superuser", "username", "id");
