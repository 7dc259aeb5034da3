-- Null for existing accounts: adding the column rewrites no row. An account that is inactive and has never signed in
-- stays pending approval.
ALTER TABLE "users" ADD COLUMN     "approved_at" TIMESTAMPTZ(3);
