-- Separate from the next migration, so that keys can be read while the indexes are created.
-- CreateIndex
CREATE INDEX "api_keys_created_at_id_idx" ON "api_keys"("created_at", "id");

-- CreateIndex
CREATE INDEX "api_keys_expires_at_id_idx" ON "api_keys"("expires_at", "id");
