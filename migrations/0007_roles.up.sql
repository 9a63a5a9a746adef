BEGIN;

-- Not IF NOT EXISTS: originals must not move into a schema whose grants somebody else decided on.
CREATE SCHEMA vault;
COMMENT ON SCHEMA vault IS 'Originals of secrets under authenticated encryption, when privacy.vault is on; else empty. Nobody but the owner has a grant here.';

-- Roles belong to the cluster, not to the database: another database of it may be migrated up or down at this moment.
-- Always in the same order, so that two of them never wait for each other.
DO $$
DECLARE
  role_name text;
  -- What the files before this one made. A schema may hold tables of others beside ours, which are not ours to grant.
  ours text[] := ARRAY[
    'employerlink.employers', 'employerlink.employer_locations', 'employerlink.employees', 'employerlink.employee_identities',
    'employerlink.employee_employments', 'employerlink.employee_incomes', 'employerlink.deposit_accounts', 'employerlink.statements',
    'employerlink.statement_deductions', 'employerlink.statement_earnings', 'employerlink.statement_net_amount_adjustments',
    'employerlink.taxes', 'employerlink.timesheets', 'employerlink.employer_documents', 'employerlink.employer_deduction_types',
    'employerlink.payroll_runs', 'paylink.users', 'paylink.companies', 'paylink.accounts', 'paylink.account_suggestions',
    'paylink.account_identities', 'paylink.account_billing_items', 'paylink.account_billing_history',
    'paylink.account_payment_methods', 'paylink.account_plans', 'paylink.account_usage', 'paylink.account_actions', 'paylink.tasks',
    'etl.runs', 'etl.walks', 'etl.walk_pages', 'etl.objects', 'etl.rejects', 'etl.drift', 'etl.schedules', 'etl.fires', 'etl.alerts', 'etl.freshness',
    'archive.documents', 'archive.subjects'
  ];
  views text[] := ARRAY[
    'analytics.payroll_register', 'analytics.payroll_cost', 'analytics.wc_remuneration', 'analytics.contributions_401k',
    'analytics.ytd_check', 'analytics.deposit_account_changes', 'analytics.form_941_coverage', 'analytics.upcoming_bills',
    'analytics.bill_price_changes', 'analytics.savings_suggestions', 'analytics.task_failures', 'analytics.task_funnel',
    'analytics.documents', 'analytics.possible_duplicates', 'analytics.freshness'
  ];
  numbers text[]; -- the sequences of our tables
  name text;
BEGIN
  ours := ours || ARRAY(SELECT replace(replace(o, 'employerlink.', 'history.'), 'paylink.', 'history.') FROM unnest(ours) o WHERE o ~ '^(employer|pay)link[.]') || views;
  numbers := ARRAY(SELECT d.objid::regclass::text FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjid IN (SELECT to_regclass(o) FROM unnest(ours) o));
  FOR attempt IN 1..10 LOOP
    BEGIN
      FOREACH role_name IN ARRAY ARRAY['linkhouse_analyst', 'linkhouse_pii', 'linkhouse_writer'] LOOP
        IF to_regrole(role_name) IS NULL THEN
          BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            -- By this the way down knows a role that it may drop from one that was there before.
            EXECUTE format('COMMENT ON ROLE %I IS ''Made by linkhouse.''', role_name);
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
        FOREACH name IN ARRAY views LOOP
          EXECUTE format('GRANT SELECT ON %s TO linkhouse_analyst', name);
        END LOOP;
        ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO linkhouse_analyst;
      END IF;

      IF to_regrole('linkhouse_pii') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_pii;
        FOREACH name IN ARRAY ours LOOP
          IF to_regclass(name) IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON %s TO linkhouse_pii', name);
          END IF;
        END LOOP;
        ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics
          GRANT SELECT ON TABLES TO linkhouse_pii;
      END IF;

      IF to_regrole('linkhouse_writer') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA employerlink, paylink, etl, archive, history, analytics TO linkhouse_writer;
        FOREACH name IN ARRAY ours LOOP
          IF to_regclass(name) IS NOT NULL THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO linkhouse_writer', name);
          END IF;
        END LOOP;
        FOREACH name IN ARRAY numbers LOOP
          EXECUTE format('GRANT USAGE ON SEQUENCE %s TO linkhouse_writer', name);
        END LOOP;
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
