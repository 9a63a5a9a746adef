BEGIN;

DROP VIEW etl.freshness;
DROP TABLE etl.walk_pages, etl.walks, etl.runs, etl.objects, etl.rejects, etl.drift, etl.schedules, etl.fires, etl.alerts;

DO $$
BEGIN
  DROP SCHEMA etl;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'schema etl stays: it holds objects that are not ours';
END
$$;

COMMIT;
