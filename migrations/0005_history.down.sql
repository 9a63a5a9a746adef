BEGIN;

DROP TABLE
  history.employers, history.employer_locations, history.employees, history.employee_identities,
  history.employee_employments, history.employee_incomes, history.deposit_accounts, history.statements,
  history.statement_deductions, history.statement_earnings, history.statement_net_amount_adjustments,
  history.taxes, history.timesheets, history.employer_documents, history.employer_deduction_types,
  history.payroll_runs, history.users, history.companies, history.accounts, history.account_suggestions,
  history.account_identities, history.account_billing_items, history.account_billing_history,
  history.account_payment_methods, history.account_plans, history.account_usage, history.account_actions, history.tasks;

DO $$
BEGIN
  DROP SCHEMA history;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'schema history stays: it holds objects that are not ours';
END
$$;

COMMIT;
