BEGIN;

-- Without CASCADE: a vault that holds anything stops the way down before anything else is lost.
DROP SCHEMA vault;

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['linkhouse_analyst', 'linkhouse_pii', 'linkhouse_writer'] LOOP
    IF to_regrole(role_name) IS NULL THEN
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics REVOKE ALL ON TABLES FROM %I', role_name);
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics REVOKE ALL ON SEQUENCES FROM %I', role_name);
      EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA employerlink, paylink, etl, archive, history, analytics FROM %I', role_name);
      EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA employerlink, paylink, etl, archive, history, analytics FROM %I', role_name);
      EXECUTE format('REVOKE ALL ON SCHEMA employerlink, paylink, etl, archive, history, analytics FROM %I', role_name);
      IF to_regclass('public.linkhouse_migrations') IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON public.linkhouse_migrations FROM %I', role_name);
      END IF;
    EXCEPTION WHEN undefined_object THEN
      CONTINUE; -- another database of the cluster dropped it meanwhile
    END;
    -- The role goes with the last database that used it. Members would lose their membership without a word, so it
    -- stays while it has any but the one who made it.
    IF EXISTS (
      SELECT FROM pg_auth_members m
      JOIN pg_roles r ON r.oid = m.roleid
      WHERE r.rolname = role_name AND m.member <> current_user::regrole
    ) THEN
      RAISE NOTICE 'role % stays: it has members', role_name;
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('DROP ROLE %I', role_name);
    EXCEPTION
      WHEN dependent_objects_still_exist OR insufficient_privilege THEN
        RAISE NOTICE 'role % stays: it is still in use, or not ours to drop', role_name;
      WHEN undefined_object OR internal_error THEN
        NULL; -- dropped by another database at the same moment
    END;
  END LOOP;
END
$$;

COMMIT;
