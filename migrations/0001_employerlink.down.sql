BEGIN;

-- No CASCADE: a view that somebody built on these tables stops the way down instead of vanishing with them.
DROP TABLE employerlink.employers, employerlink.employer_locations, employerlink.employees, employerlink.employee_identities,
  employerlink.employee_employments, employerlink.employee_incomes, employerlink.deposit_accounts, employerlink.statements,
  employerlink.statement_deductions, employerlink.statement_earnings, employerlink.statement_net_amount_adjustments,
  employerlink.taxes, employerlink.timesheets, employerlink.employer_documents, employerlink.employer_deduction_types,
  employerlink.payroll_runs;

DO $$
BEGIN
  DROP SCHEMA employerlink;
EXCEPTION WHEN dependent_objects_still_exist THEN
  RAISE NOTICE 'schema employerlink stays: it holds objects that are not ours';
END
$$;

COMMIT;
