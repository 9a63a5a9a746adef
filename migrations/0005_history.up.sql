BEGIN;

CREATE SCHEMA IF NOT EXISTS history;
-- A schema that somebody else has made keeps its own comment.
DO $do$
BEGIN
  IF obj_description('history'::regnamespace, 'pg_namespace') IS NULL THEN
    COMMENT ON SCHEMA history IS
      'Earlier versions of the rows of employerlink and paylink, in a table of the same name each. A version held from _valid_from until just before _valid_to. As of an instant T: the history row with _valid_from <= T < _valid_to, else the live row when _synced_at <= T and (_removed_at is null or T < _removed_at). The lines of a statement belong to their statement''s version.';
  END IF;
END
$do$;

-- One table per warehouse table: the same columns in the same order, then the two that say when the version held. No
-- primary key, since the same key comes back with every version.
DO $$
DECLARE
  base regclass;
  name text;
  key  text;
BEGIN
  FOREACH base IN ARRAY ARRAY[
    'employerlink.employers', 'employerlink.employer_locations', 'employerlink.employees', 'employerlink.employee_identities',
    'employerlink.employee_employments', 'employerlink.employee_incomes', 'employerlink.deposit_accounts', 'employerlink.statements',
    'employerlink.statement_deductions', 'employerlink.statement_earnings', 'employerlink.statement_net_amount_adjustments',
    'employerlink.taxes', 'employerlink.timesheets', 'employerlink.employer_documents', 'employerlink.employer_deduction_types',
    'employerlink.payroll_runs', 'paylink.users', 'paylink.companies', 'paylink.accounts', 'paylink.account_suggestions',
    'paylink.account_identities', 'paylink.account_billing_items', 'paylink.account_billing_history',
    'paylink.account_payment_methods', 'paylink.account_plans', 'paylink.account_usage', 'paylink.account_actions', 'paylink.tasks'
  ]::regclass[] LOOP
    SELECT relname INTO name FROM pg_class WHERE oid = base;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.position) INTO key
    FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = base AND i.indisprimary;

    EXECUTE format('CREATE TABLE history.%I (LIKE %s INCLUDING COMMENTS)', name, base);
    EXECUTE format('ALTER TABLE history.%I ADD COLUMN _valid_from timestamptz NOT NULL, ADD COLUMN _valid_to timestamptz NOT NULL', name);
    EXECUTE format('CREATE INDEX %I ON history.%I (%s, _valid_from)', name || '_version', name, key);
    EXECUTE format('COMMENT ON TABLE history.%I IS %L', name,
      format('Earlier versions of the rows of %s, one row per version. There: %s', base, obj_description(base, 'pg_class')));
    EXECUTE format('COMMENT ON COLUMN history.%I._valid_from IS %L', name, 'From when this version held. Instant, included.');
    EXECUTE format('COMMENT ON COLUMN history.%I._valid_to IS %L', name, 'Until when this version held. Instant, excluded.');
  END LOOP;
END
$$;

COMMIT;
