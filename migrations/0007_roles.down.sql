BEGIN;

-- Without CASCADE: a vault that holds anything stops the way down before anything else is lost.
DROP SCHEMA vault;

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
  FOREACH role_name IN ARRAY ARRAY['linkhouse_analyst', 'linkhouse_pii', 'linkhouse_writer'] LOOP
    IF to_regrole(role_name) IS NULL THEN
      CONTINUE;
    END IF;
    BEGIN
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics REVOKE ALL ON TABLES FROM %I', role_name);
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA employerlink, paylink, etl, archive, history, analytics REVOKE ALL ON SEQUENCES FROM %I', role_name);
      FOREACH name IN ARRAY ours LOOP
        IF to_regclass(name) IS NOT NULL THEN
          EXECUTE format('REVOKE ALL ON %s FROM %I', name, role_name);
        END IF;
      END LOOP;
      FOREACH name IN ARRAY numbers LOOP
        EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM %I', name, role_name);
      END LOOP;
      EXECUTE format('REVOKE ALL ON SCHEMA employerlink, paylink, etl, archive, history, analytics FROM %I', role_name);
      IF to_regclass('public.linkhouse_migrations') IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON public.linkhouse_migrations FROM %I', role_name);
      END IF;
    EXCEPTION WHEN undefined_object THEN
      CONTINUE; -- another database of the cluster dropped it meanwhile
    END;
    -- A role that was there before us is not ours to drop.
    IF shobj_description(to_regrole(role_name), 'pg_authid') IS DISTINCT FROM 'Made by linkhouse.' THEN
      CONTINUE;
    END IF;
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
