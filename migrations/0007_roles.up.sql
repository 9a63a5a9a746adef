BEGIN;

-- Not IF NOT EXISTS: originals must not move into a schema whose grants somebody else decided on.
CREATE SCHEMA vault;
COMMENT ON SCHEMA vault IS 'Originals of secrets under authenticated encryption, when privacy.vault is on; else empty. Nobody but the owner has a grant here.';

-- Roles belong to the cluster, not to the database: another database of it may be migrated up or down at this moment.
-- Always in the same order, so that two of them never wait for each other.
DO $$
DECLARE
  role_name text;
BEGIN
  FOR attempt IN 1..10 LOOP
    BEGIN
      FOREACH role_name IN ARRAY ARRAY['linkhouse_analyst', 'linkhouse_pii', 'linkhouse_writer'] LOOP
        IF to_regrole(role_name) IS NULL THEN
          BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
          EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
              NULL; -- the migration of another database was quicker
            WHEN insufficient_privilege THEN
              RAISE NOTICE 'role % was not created: that takes CREATEROLE', role_name;
          END;
        END IF;
      END LOOP;

      IF to_regrole('linkhouse_analyst') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA analytics TO linkhouse_analyst;
        GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO linkhouse_analyst;
        ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO linkhouse_analyst;
      END IF;

      IF to_regrole('linkhouse_pii') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_pii;
        GRANT SELECT ON ALL TABLES IN SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_pii;
        ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics
          GRANT SELECT ON TABLES TO linkhouse_pii;
      END IF;

      IF to_regrole('linkhouse_writer') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_writer;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_writer;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_writer;
        ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics
          GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO linkhouse_writer;
        ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics
          GRANT USAGE ON SEQUENCES TO linkhouse_writer;
        -- So that a run under this role can see that nothing is left to migrate.
        IF to_regclass('public.linkhouse_migrations') IS NOT NULL THEN
          GRANT SELECT ON public.linkhouse_migrations TO linkhouse_writer;
        END IF;
      END IF;

      EXIT;
    EXCEPTION WHEN undefined_object THEN
      -- Another database on its way down dropped a role between our look and our grant.
      IF attempt = 10 THEN
        RAISE;
      END IF;
    END;
  END LOOP;
END
$$;

COMMIT;
