BEGIN;

DROP VIEW analytics.payroll_register, analytics.payroll_cost, analytics.wc_remuneration, analytics.contributions_401k,
  analytics.ytd_check, analytics.deposit_account_changes, analytics.form_941_coverage, analytics.upcoming_bills,
  analytics.bill_price_changes, analytics.savings_suggestions, analytics.task_failures, analytics.task_funnel,
  analytics.documents, analytics.possible_duplicates, analytics.freshness;
DROP FUNCTION analytics.calendar_day(text);

DO $$
BEGIN
  DROP SCHEMA analytics;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'schema analytics stays: it holds objects that are not ours';
END
$$;

COMMIT;
