-- AlterTable
ALTER TABLE "users" ADD COLUMN "api_key_count" INTEGER NOT NULL DEFAULT 0;

UPDATE "users" SET "api_key_count" = "keys"."count"
FROM (SELECT "user_id", count(*) FROM "api_keys" GROUP BY "user_id") AS "keys" WHERE "id" = "keys"."user_id";

-- Whoever makes a key adds it to the count, and is refused by it; what is deleted, by a cascade too, goes from it here.
CREATE FUNCTION "count_deleted_api_keys"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "users" SET "api_key_count" = "api_key_count" - "deleted"."count"
  FROM (SELECT "user_id", count(*) FROM "deleted_api_keys" GROUP BY "user_id") AS "deleted"
  WHERE "id" = "deleted"."user_id";
  RETURN NULL;
END
$$;

CREATE TRIGGER "count_deleted_api_keys" AFTER DELETE ON "api_keys"
REFERENCING OLD TABLE AS "deleted_api_keys" FOR EACH STATEMENT EXECUTE FUNCTION "count_deleted_api_keys"();

-- Keys and their uses are counted in rows: with room on its page, a new version of one needs no entries in the indexes.
ALTER TABLE "users" SET (fillfactor = 90);
ALTER TABLE "api_keys" SET (fillfactor = 90);
