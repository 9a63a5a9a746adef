BEGIN;

-- Only the record of the files goes; the files themselves stay where they are.
DROP VIEW archive.subjects;
DROP TABLE archive.documents;

DO $$
BEGIN
  DROP SCHEMA archive;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'schema archive stays: it holds objects that are not ours';
END
$$;

COMMIT;
