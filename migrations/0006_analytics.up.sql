BEGIN;

-- The views analysts use. None shows a removed row, an account number or its token, the digits of a Social Security
-- Number, a date of birth, a home address, an e-mail address or a phone number; names of employees stand in
-- payroll_register only. Enums are brought to lower case here, the tables keep them as received.
CREATE SCHEMA IF NOT EXISTS analytics;
-- A schema that somebody else has made keeps its own comment.
DO $do$
BEGIN
  IF obj_description('analytics'::regnamespace, 'pg_namespace') IS NULL THEN
    COMMENT ON SCHEMA analytics IS
      'The views that analysts use: current facts only, without personal secrets. Money is US dollars in payroll views, the account''s own currency in views of PayLink.';
  END IF;
END
$do$;

CREATE FUNCTION analytics.calendar_day(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- Free metadata holds anything: what is not a date is null, and 30 February runs on into March instead of failing.
  SELECT make_date(m[1]::int, m[2]::int, 1) + (m[3]::int - 1)
  FROM regexp_match(value, '^([12]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])($|[T ])') AS m
$$;
COMMENT ON FUNCTION analytics.calendar_day(text) IS 'The calendar day an ISO 8601 text begins with; null when it begins with none.';

CREATE VIEW analytics.payroll_register AS
SELECT
  e.employer_id,
  r.name AS employer_name,
  s.employee_id,
  e.first_name,
  e.last_name,
  s.statement_id,
  s.pay_date,
  s.pay_period_start_date,
  s.pay_period_end_date,
  lower(s.payment_method) AS payment_method,
  s.hours,
  s.gross_amount,
  s.net_amount,
  n.wages,
  n.overtime,
  n.bonuses,
  n.benefits,
  n.reimbursements,
  n.other_earnings,
  n.earnings,
  d.taxes,
  d.other_deductions,
  d.deductions,
  a.adjustments,
  s.gross_amount - n.earnings AS gross_difference,
  s.net_amount - (s.gross_amount - coalesce(d.deductions, 0) + coalesce(a.adjustments, 0)) AS net_difference
FROM employerlink.statements s
LEFT JOIN employerlink.employees e ON e.employee_id = s.employee_id
LEFT JOIN employerlink.employers r ON r.employer_id = e.employer_id AND r._removed_at IS NULL
LEFT JOIN LATERAL (
  SELECT
    sum(l.amount) FILTER (WHERE lower(l.category) IN ('wage', 'wages')) AS wages,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'overtime') AS overtime,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'bonus') AS bonuses,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'benefit') AS benefits,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'reimbursement') AS reimbursements,
    sum(l.amount) FILTER (WHERE coalesce(lower(l.category), '') NOT IN ('wage', 'wages', 'overtime', 'bonus', 'benefit', 'reimbursement')) AS other_earnings,
    sum(l.amount) AS earnings
  FROM employerlink.statement_earnings l
  WHERE l.employee_id = s.employee_id AND l.statement_id = s.statement_id
) n ON true
LEFT JOIN LATERAL (
  SELECT
    sum(l.amount) FILTER (WHERE lower(l.category) = 'taxes') AS taxes,
    sum(l.amount) FILTER (WHERE coalesce(lower(l.category), '') <> 'taxes') AS other_deductions,
    sum(l.amount) AS deductions
  FROM employerlink.statement_deductions l
  WHERE l.employee_id = s.employee_id AND l.statement_id = s.statement_id
) d ON true
LEFT JOIN LATERAL (
  SELECT sum(l.amount) AS adjustments
  FROM employerlink.statement_net_amount_adjustments l
  WHERE l.employee_id = s.employee_id AND l.statement_id = s.statement_id
) a ON true
WHERE s._removed_at IS NULL AND e._removed_at IS NULL;
COMMENT ON VIEW analytics.payroll_register IS 'One row per pay statement: what was reported beside what its lines add up to. The only view with employees'' names. Without removed statements, and so without those that dropped out of the provider''s window.';
COMMENT ON COLUMN analytics.payroll_register.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.payroll_register.employer_name IS 'Name of the employer.';
COMMENT ON COLUMN analytics.payroll_register.employee_id IS 'The employee.';
COMMENT ON COLUMN analytics.payroll_register.first_name IS 'First name of the employee.';
COMMENT ON COLUMN analytics.payroll_register.last_name IS 'Last name of the employee.';
COMMENT ON COLUMN analytics.payroll_register.statement_id IS 'The statement, within the employee.';
COMMENT ON COLUMN analytics.payroll_register.pay_date IS 'Date of payment.';
COMMENT ON COLUMN analytics.payroll_register.pay_period_start_date IS 'First day of the pay period.';
COMMENT ON COLUMN analytics.payroll_register.pay_period_end_date IS 'Last day of the pay period.';
COMMENT ON COLUMN analytics.payroll_register.payment_method IS 'deposit, check and so on, in lower case.';
COMMENT ON COLUMN analytics.payroll_register.hours IS 'Hours paid as reported.';
COMMENT ON COLUMN analytics.payroll_register.gross_amount IS 'Gross pay as reported, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.net_amount IS 'Net pay as reported, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.wages IS 'Sum of the earnings of category wage, US dollars; null when there are none.';
COMMENT ON COLUMN analytics.payroll_register.overtime IS 'Sum of the earnings of category overtime, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.bonuses IS 'Sum of the earnings of category bonus, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.benefits IS 'Sum of the earnings of category benefit, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.reimbursements IS 'Sum of the earnings of category reimbursement, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.other_earnings IS 'Sum of the earnings of any other category or none, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.earnings IS 'Sum of all earnings, US dollars; null when the statement lists none.';
COMMENT ON COLUMN analytics.payroll_register.taxes IS 'Sum of the deductions of category taxes, US dollars.';
COMMENT ON COLUMN analytics.payroll_register.other_deductions IS 'Sum of the other deductions, US dollars; a split of the deposit can be among them.';
COMMENT ON COLUMN analytics.payroll_register.deductions IS 'Sum of all deductions, US dollars; null when the statement lists none.';
COMMENT ON COLUMN analytics.payroll_register.adjustments IS 'Sum of the adjustments of net pay, US dollars; null when there are none.';
COMMENT ON COLUMN analytics.payroll_register.gross_difference IS 'Reported gross less the sum of earnings, US dollars; null when either is missing.';
COMMENT ON COLUMN analytics.payroll_register.net_difference IS 'Reported net less (reported gross less deductions plus adjustments), US dollars; null when net or gross is missing.';

CREATE VIEW analytics.payroll_cost AS
SELECT
  e.employer_id,
  r.name AS employer_name,
  date_trunc('month', coalesce(s.pay_date, s.pay_period_end_date)::timestamp)::date AS month,
  count(*) AS statements,
  count(DISTINCT s.employee_id) AS employees,
  sum(s.gross_amount) AS gross_amount,
  sum(s.net_amount) AS net_amount,
  sum(d.deductions) AS deductions,
  count(*) FILTER (WHERE s.gross_amount IS NULL) AS statements_without_gross,
  count(*) FILTER (WHERE s.net_amount IS NULL) AS statements_without_net
FROM employerlink.statements s
LEFT JOIN employerlink.employees e ON e.employee_id = s.employee_id
LEFT JOIN employerlink.employers r ON r.employer_id = e.employer_id AND r._removed_at IS NULL
LEFT JOIN LATERAL (
  SELECT sum(l.amount) AS deductions
  FROM employerlink.statement_deductions l
  WHERE l.employee_id = s.employee_id AND l.statement_id = s.statement_id
) d ON true
WHERE s._removed_at IS NULL AND e._removed_at IS NULL
GROUP BY 1, 2, 3;
COMMENT ON VIEW analytics.payroll_cost IS 'One row per employer and month of payment. The employer''s own share of taxes is not in statements and so not in here. Without removed statements, and so without those that dropped out of the provider''s window: past months can shrink.';
COMMENT ON COLUMN analytics.payroll_cost.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.payroll_cost.employer_name IS 'Name of the employer.';
COMMENT ON COLUMN analytics.payroll_cost.month IS 'First day of the month of payment; of the pay period''s end where the pay date is missing.';
COMMENT ON COLUMN analytics.payroll_cost.statements IS 'Pay statements.';
COMMENT ON COLUMN analytics.payroll_cost.employees IS 'Employees paid.';
COMMENT ON COLUMN analytics.payroll_cost.gross_amount IS 'Sum of reported gross pay, US dollars.';
COMMENT ON COLUMN analytics.payroll_cost.net_amount IS 'Sum of reported net pay, US dollars.';
COMMENT ON COLUMN analytics.payroll_cost.deductions IS 'Sum of the deduction lines, US dollars.';
COMMENT ON COLUMN analytics.payroll_cost.statements_without_gross IS 'Statements that report no gross pay and are missing from its sum.';
COMMENT ON COLUMN analytics.payroll_cost.statements_without_net IS 'Statements that report no net pay and are missing from its sum.';

CREATE VIEW analytics.wc_remuneration AS
SELECT
  e.employer_id,
  r.name AS employer_name,
  c.class_code,
  date_trunc('month', coalesce(s.pay_date, s.pay_period_end_date)::timestamp)::date AS month,
  count(*) AS statements,
  count(DISTINCT s.employee_id) AS employees,
  sum(CASE WHEN n.lines > 0 THEN n.remuneration ELSE s.gross_amount END) AS remuneration,
  sum(n.overtime) AS overtime,
  sum(n.overtime_hours) AS overtime_hours,
  sum(n.benefits) AS benefits,
  sum(n.reimbursements) AS reimbursements,
  count(*) FILTER (WHERE n.lines = 0) AS statements_without_earnings
FROM employerlink.statements s
LEFT JOIN employerlink.employees e ON e.employee_id = s.employee_id
LEFT JOIN employerlink.employers r ON r.employer_id = e.employer_id AND r._removed_at IS NULL
LEFT JOIN LATERAL (
  SELECT
    count(*) AS lines,
    sum(l.amount) FILTER (WHERE coalesce(lower(l.category), '') NOT IN ('overtime', 'benefit', 'reimbursement')) AS remuneration,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'overtime') AS overtime,
    sum(l.hours) FILTER (WHERE lower(l.category) = 'overtime') AS overtime_hours,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'benefit') AS benefits,
    sum(l.amount) FILTER (WHERE lower(l.category) = 'reimbursement') AS reimbursements
  FROM employerlink.statement_earnings l
  WHERE l.employee_id = s.employee_id AND l.statement_id = s.statement_id
) n ON true
LEFT JOIN LATERAL (
  -- The code that held on the day of payment, else the first one known after it. A version without a code tells of none.
  SELECT v.class_code
  FROM (
    SELECT h.class_code, h._valid_from AS held_from
    FROM history.employee_employments h WHERE h.employee_id = s.employee_id AND h.class_code IS NOT NULL
    UNION ALL
    SELECT l.class_code, l._synced_at
    FROM employerlink.employee_employments l WHERE l.employee_id = s.employee_id AND l.class_code IS NOT NULL
  ) v
  CROSS JOIN LATERAL (SELECT (v.held_from AT TIME ZONE 'UTC')::date <= coalesce(s.pay_date, s.pay_period_end_date) AS held) w
  ORDER BY w.held DESC NULLS LAST, CASE WHEN w.held THEN v.held_from END DESC, v.held_from
  LIMIT 1
) c ON true
WHERE s._removed_at IS NULL AND e._removed_at IS NULL
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW analytics.wc_remuneration IS 'One row per employer, workers'' compensation class code and month of payment: remuneration, with what is audited apart in columns of its own. Without removed statements, and so without those that dropped out of the provider''s window: past months can shrink.';
COMMENT ON COLUMN analytics.wc_remuneration.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.wc_remuneration.employer_name IS 'Name of the employer.';
COMMENT ON COLUMN analytics.wc_remuneration.class_code IS 'Class code that was told last up to the day of payment, else the first one told after it; null when none ever was.';
COMMENT ON COLUMN analytics.wc_remuneration.month IS 'First day of the month of payment; of the pay period''s end where the pay date is missing.';
COMMENT ON COLUMN analytics.wc_remuneration.statements IS 'Pay statements.';
COMMENT ON COLUMN analytics.wc_remuneration.employees IS 'Employees paid.';
COMMENT ON COLUMN analytics.wc_remuneration.remuneration IS 'Earnings other than overtime, benefits and reimbursements, US dollars; reported gross where a statement lists no earnings.';
COMMENT ON COLUMN analytics.wc_remuneration.overtime IS 'Earnings of category overtime, US dollars, straight and premium part together.';
COMMENT ON COLUMN analytics.wc_remuneration.overtime_hours IS 'Hours of these lines.';
COMMENT ON COLUMN analytics.wc_remuneration.benefits IS 'Earnings of category benefit, US dollars; whether they count differs by state.';
COMMENT ON COLUMN analytics.wc_remuneration.reimbursements IS 'Earnings of category reimbursement, US dollars.';
COMMENT ON COLUMN analytics.wc_remuneration.statements_without_earnings IS 'Statements that list no earnings, whose overtime is therefore within remuneration.';

CREATE VIEW analytics.contributions_401k AS
SELECT
  e.employer_id,
  s.employee_id,
  s.pay_date,
  s.statement_id,
  l.line_no,
  p.plan,
  p.kind,
  coalesce(l.label, l.raw_label) AS label,
  l.amount,
  l.ytd_amount,
  sum(l.amount) OVER (
    PARTITION BY s.employee_id, extract(year FROM s.pay_date), p.plan, p.kind
    ORDER BY s.pay_date, s.statement_id, l.line_no
  ) AS ytd_amount_of_statements,
  s.gross_amount
FROM employerlink.statements s
JOIN employerlink.statement_deductions l ON l.employee_id = s.employee_id AND l.statement_id = s.statement_id
LEFT JOIN employerlink.employees e ON e.employee_id = s.employee_id
CROSS JOIN LATERAL (SELECT lower(concat_ws(' ', l.category, l.label, l.raw_label)) AS words) w
CROSS JOIN LATERAL (
  SELECT
    m[1] || m[2] AS plan,
    CASE WHEN w.words ~ '\mloan' THEN 'loan' WHEN w.words ~ 'catch' THEN 'catch-up' WHEN w.words ~ '\mroth' THEN 'roth' ELSE 'deferral' END AS kind
  FROM regexp_match(w.words, '\m(401|403|408|457)[ -]?\(?([akbp])\M') AS m
  WHERE m IS NOT NULL
) p
WHERE s._removed_at IS NULL AND e._removed_at IS NULL;
COMMENT ON VIEW analytics.contributions_401k IS 'One row per deduction line that goes to a 401(k), 403(b), 408 or 457 plan, told by its category or labels. Without removed statements, and so without those that dropped out of the provider''s window, which ytd_amount_of_statements lacks as well.';
COMMENT ON COLUMN analytics.contributions_401k.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.contributions_401k.employee_id IS 'The employee.';
COMMENT ON COLUMN analytics.contributions_401k.pay_date IS 'Date of payment.';
COMMENT ON COLUMN analytics.contributions_401k.statement_id IS 'The statement, within the employee.';
COMMENT ON COLUMN analytics.contributions_401k.line_no IS 'The line, within the statement.';
COMMENT ON COLUMN analytics.contributions_401k.plan IS 'The plan: 401k, 403b, 408b, 408k, 457b and so on.';
COMMENT ON COLUMN analytics.contributions_401k.kind IS 'deferral, roth, catch-up or loan (a repayment, not a contribution), told by the words of the line.';
COMMENT ON COLUMN analytics.contributions_401k.label IS 'Label of the line.';
COMMENT ON COLUMN analytics.contributions_401k.amount IS 'Amount of the line, US dollars.';
COMMENT ON COLUMN analytics.contributions_401k.ytd_amount IS 'Year to date as the line reports it, US dollars.';
COMMENT ON COLUMN analytics.contributions_401k.ytd_amount_of_statements IS 'Year to date as the sum of this employee''s lines of the same plan and kind so far in the calendar year, US dollars.';
COMMENT ON COLUMN analytics.contributions_401k.gross_amount IS 'Reported gross pay of the statement, US dollars.';

CREATE VIEW analytics.ytd_check AS
WITH days AS (
  SELECT
    s.employee_id,
    e.employer_id,
    s.pay_date,
    extract(year FROM s.pay_date)::int AS year,
    m.measure,
    coalesce(sum(m.amount), 0) AS amount,
    count(*) FILTER (WHERE m.amount IS NULL) AS missing,
    array_agg(m.ytd_amount ORDER BY s.statement_id) FILTER (WHERE m.ytd_amount IS NOT NULL) AS totals,
    array_agg(m.amount ORDER BY s.statement_id) FILTER (WHERE m.ytd_amount IS NOT NULL) AS amounts,
    array_agg(s.statement_id ORDER BY s.statement_id) FILTER (WHERE m.ytd_amount IS NOT NULL) AS statement_ids
  FROM employerlink.statements s
  LEFT JOIN employerlink.employees e ON e.employee_id = s.employee_id
  CROSS JOIN LATERAL (VALUES ('gross', s.gross_amount, s.ytd_gross_amount), ('net', s.net_amount, s.ytd_net_amount)) AS m (measure, amount, ytd_amount)
  WHERE s._removed_at IS NULL AND e._removed_at IS NULL AND s.pay_date IS NOT NULL
  GROUP BY s.employee_id, e.employer_id, s.pay_date, m.measure
), so_far AS (
  SELECT
    d.*,
    sum(d.amount) OVER days AS amount_so_far,
    sum(d.missing) OVER days AS missing_so_far
  FROM days d
  WINDOW days AS (PARTITION BY d.employee_id, d.year, d.measure ORDER BY d.pay_date ROWS UNBOUNDED PRECEDING)
), compared AS (
  SELECT
    f.*,
    lag(f.pay_date) OVER before AS previous_pay_date,
    lag(f.totals) OVER before AS previous_totals,
    CASE WHEN f.missing_so_far = lag(f.missing_so_far) OVER before THEN f.amount_so_far - lag(f.amount_so_far) OVER before END AS paid_since
  FROM so_far f
  WHERE f.totals IS NOT NULL
  WINDOW before AS (PARTITION BY f.employee_id, f.year, f.measure ORDER BY f.pay_date)
)
SELECT
  c.employer_id,
  c.employee_id,
  b.statement_id,
  c.pay_date,
  c.year,
  c.measure,
  c.previous_pay_date,
  b.previous_ytd_amount,
  b.amount,
  b.ytd_amount,
  b.previous_ytd_amount + c.paid_since AS expected_ytd_amount,
  b.ytd_amount - b.previous_ytd_amount - c.paid_since AS difference,
  CASE WHEN b.ytd_amount < b.previous_ytd_amount THEN 'going down' ELSE 'not adding up' END AS problem
FROM compared c
CROSS JOIN LATERAL (
  -- Statements of one day come in no order of their own, and some payroll systems give each of them the total of the day: of their
  -- totals the two that fit best are believed.
  SELECT t.statement_id, t.amount, t.ytd_amount, p.ytd_amount AS previous_ytd_amount
  FROM unnest(c.statement_ids, c.amounts, c.totals) AS t (statement_id, amount, ytd_amount)
  CROSS JOIN unnest(c.previous_totals) AS p (ytd_amount)
  ORDER BY abs(t.ytd_amount - p.ytd_amount - c.paid_since), t.ytd_amount DESC, p.ytd_amount, t.statement_id
  LIMIT 1
) b
WHERE (c.paid_since IS NULL AND b.ytd_amount < b.previous_ytd_amount) OR abs(b.ytd_amount - b.previous_ytd_amount - c.paid_since) >= 0.01;
COMMENT ON VIEW analytics.ytd_check IS 'One row per pay date of an employee and measure whose year-to-date total does not follow from the pay date before it in the calendar year. A total that went down by a negative statement of that amount is in order, and so are statements of one day in any order. Removed statements, as those that dropped out of the provider''s window, are not compared.';
COMMENT ON COLUMN analytics.ytd_check.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.ytd_check.employee_id IS 'The employee.';
COMMENT ON COLUMN analytics.ytd_check.statement_id IS 'The statement, within the employee; of several of one day, the one whose total fits best.';
COMMENT ON COLUMN analytics.ytd_check.pay_date IS 'Date of payment.';
COMMENT ON COLUMN analytics.ytd_check.year IS 'Calendar year of the pay date.';
COMMENT ON COLUMN analytics.ytd_check.measure IS 'gross or net.';
COMMENT ON COLUMN analytics.ytd_check.previous_pay_date IS 'Pay date compared with: the last before that reports a total.';
COMMENT ON COLUMN analytics.ytd_check.previous_ytd_amount IS 'Its year-to-date total, US dollars.';
COMMENT ON COLUMN analytics.ytd_check.amount IS 'Amount of this statement, US dollars.';
COMMENT ON COLUMN analytics.ytd_check.ytd_amount IS 'Reported year-to-date total, US dollars.';
COMMENT ON COLUMN analytics.ytd_check.expected_ytd_amount IS 'The total before plus all amounts since, US dollars; null when one of these is missing.';
COMMENT ON COLUMN analytics.ytd_check.difference IS 'Reported less expected total, US dollars.';
COMMENT ON COLUMN analytics.ytd_check.problem IS 'going down or not adding up.';

CREATE VIEW analytics.deposit_account_changes AS
WITH versions AS (
  SELECT employee_id, deposit_account_key, routing_number, account_number_last4, account_number_token, type, bank_name,
    distribution_type, distribution_amount, _first_seen_at, _removed_at, _valid_from
  FROM history.deposit_accounts
  UNION ALL
  SELECT employee_id, deposit_account_key, routing_number, account_number_last4, account_number_token, type, bank_name,
    distribution_type, distribution_amount, _first_seen_at, _removed_at, _synced_at
  FROM employerlink.deposit_accounts
), compared AS (
  SELECT
    v.*,
    row_number() OVER account AS version,
    min(v._first_seen_at) OVER (PARTITION BY v.employee_id) AS employee_first_seen_at,
    lag(v._removed_at) OVER account AS previous_removed_at,
    lag(lower(v.distribution_type)) OVER account AS previous_distribution_type,
    lag(v.distribution_amount) OVER account AS previous_distribution_amount,
    -- A number that was hidden at first, by the source or for want of privacy.key, is no other one.
    (v.routing_number, v.account_number_last4) IS DISTINCT FROM (lag(v.routing_number) OVER account, lag(v.account_number_last4) OVER account)
      OR coalesce(v.account_number_token <> lag(v.account_number_token) OVER account, false) AS other_account,
    (lower(v.type), v.bank_name) IS DISTINCT FROM (lag(lower(v.type)) OVER account, lag(v.bank_name) OVER account) AS other_bank,
    (lower(v.distribution_type), v.distribution_amount) IS DISTINCT FROM
      (lag(lower(v.distribution_type)) OVER account, lag(v.distribution_amount) OVER account) AS other_split
  FROM versions v
  WINDOW account AS (PARTITION BY v.employee_id, v.deposit_account_key ORDER BY v._valid_from)
)
SELECT
  e.employer_id,
  c.employee_id,
  x.changed_at,
  x.change,
  x.what,
  lower(c.type) AS account_type,
  c.bank_name,
  CASE WHEN x.change = 'changed' THEN c.previous_distribution_type END AS previous_distribution_type,
  CASE WHEN x.change = 'changed' THEN c.previous_distribution_amount END AS previous_distribution_amount,
  lower(c.distribution_type) AS distribution_type,
  c.distribution_amount
FROM compared c
JOIN employerlink.employees e ON e.employee_id = c.employee_id AND e._removed_at IS NULL
CROSS JOIN LATERAL (
  -- What an employee had when accounts were first asked for is where changes begin, not a change. That they had been asked for
  -- before, and there were none, is certain where an earlier version of the employee was written by a run that asked for them and
  -- could read the answer.
  SELECT c._first_seen_at AS changed_at, 'added' AS change, NULL::text[] AS what
  WHERE c.version = 1 AND (c._first_seen_at > c.employee_first_seen_at OR EXISTS (
    SELECT
    FROM (
      SELECT h._run_id, h._synced_at FROM history.employees h WHERE h.employee_id = c.employee_id
      UNION ALL
      SELECT l._run_id, l._synced_at FROM employerlink.employees l WHERE l.employee_id = c.employee_id
    ) v
    JOIN etl.runs r ON r.run_id = v._run_id AND 'depositAccounts' = ANY (r.include)
    WHERE v._synced_at < c._first_seen_at AND NOT EXISTS (
      SELECT FROM etl.rejects j
      WHERE j.resource = 'employees' AND j.owner = '' AND j.source_id = c.employee_id AND j.place IN ('depositAccounts', 'depositAccounts[]')
        AND v._synced_at BETWEEN j.first_seen_at AND j.last_seen_at)))
  UNION ALL
  SELECT c._valid_from, 'returned', NULL WHERE c.version > 1 AND c.previous_removed_at IS NOT NULL AND c._removed_at IS DISTINCT FROM c.previous_removed_at
  UNION ALL
  SELECT c._valid_from, 'changed', array_remove(ARRAY[
    CASE WHEN c.other_account THEN 'account' END, CASE WHEN c.other_bank THEN 'bank' END, CASE WHEN c.other_split THEN 'split' END], NULL)
  WHERE c.version > 1 AND c.previous_removed_at IS NULL AND (c.other_account OR c.other_bank OR c.other_split)
  UNION ALL
  SELECT c._removed_at, 'removed', NULL WHERE c._removed_at IS NOT NULL AND c._removed_at IS DISTINCT FROM c.previous_removed_at
) x;
COMMENT ON VIEW analytics.deposit_account_changes IS 'One row per change of where an employee''s pay goes, as far as syncs saw it, without numbers. An account that was replaced shows as one removed and one added. The accounts an employee had when they were first read are no change. The first account of an employee who had none before shows as added where the warehouse tells that an earlier run had asked for accounts when it wrote the employee; where it cannot tell, as when accounts were not asked for at first, that account is missing here.';
COMMENT ON COLUMN analytics.deposit_account_changes.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.deposit_account_changes.employee_id IS 'The employee.';
COMMENT ON COLUMN analytics.deposit_account_changes.changed_at IS 'When a sync saw the change; it happened between the sync before and this. Instant.';
COMMENT ON COLUMN analytics.deposit_account_changes.change IS 'added, changed, removed or returned.';
COMMENT ON COLUMN analytics.deposit_account_changes.what IS 'What changed: account (its numbers), bank (name or kind of account), split (distribution); null when the whole account came or went.';
COMMENT ON COLUMN analytics.deposit_account_changes.account_type IS 'checking, savings or paycard, in lower case.';
COMMENT ON COLUMN analytics.deposit_account_changes.bank_name IS 'Name of the bank.';
COMMENT ON COLUMN analytics.deposit_account_changes.previous_distribution_type IS 'Distribution before a change.';
COMMENT ON COLUMN analytics.deposit_account_changes.previous_distribution_amount IS 'Its amount before a change, in the unit of previous_distribution_type.';
COMMENT ON COLUMN analytics.deposit_account_changes.distribution_type IS 'total, percent or fixed, in lower case.';
COMMENT ON COLUMN analytics.deposit_account_changes.distribution_amount IS 'Percent of pay when percent, US dollars when fixed, null when total.';

CREATE VIEW analytics.form_941_coverage AS
WITH payrolls AS (
  SELECT e.employer_id, coalesce(s.pay_date, s.pay_period_end_date) AS paid_on
  FROM employerlink.statements s
  JOIN employerlink.employees e ON e.employee_id = s.employee_id AND e._removed_at IS NULL
  WHERE s._removed_at IS NULL
  UNION ALL
  -- A run that is a draft or that failed paid nobody.
  SELECT p.employer_id, p.check_date
  FROM employerlink.payroll_runs p
  WHERE p._removed_at IS NULL AND coalesce(lower(p.run_state), '') NOT IN ('draft', 'failed')
), span AS (
  SELECT employer_id, date_trunc('quarter', min(paid_on)::timestamp) AS first_quarter, date_trunc('quarter', max(paid_on)::timestamp) AS last_quarter
  FROM payrolls
  WHERE employer_id IS NOT NULL AND paid_on IS NOT NULL
  GROUP BY employer_id
), filed AS (
  -- The middle of a period lies in its quarter however the period's ends are written.
  SELECT
    d.employer_id,
    d.employer_document_id,
    date_trunc('quarter', coalesce(m.start_day + (m.end_day - m.start_day) / 2, m.start_day, m.end_day, d.document_date)::timestamp) AS quarter
  FROM employerlink.employer_documents d
  CROSS JOIN LATERAL (
    SELECT analytics.calendar_day(d.metadata ->> 'startDate') AS start_day, analytics.calendar_day(d.metadata ->> 'endDate') AS end_day
  ) m
  WHERE d._removed_at IS NULL AND lower(d.type) ~ '\m941'
)
SELECT
  p.employer_id,
  r.name AS employer_name,
  extract(year FROM q)::int AS year,
  extract(quarter FROM q)::int AS quarter,
  q::date AS quarter_start,
  (q + interval '3 months - 1 day')::date AS quarter_end,
  (q + interval '4 months - 1 day')::date AS due_date,
  CASE WHEN count(f.employer_document_id) > 0 THEN 'filed' ELSE 'missing' END AS status,
  count(f.employer_document_id) AS documents,
  array_agg(f.employer_document_id ORDER BY f.employer_document_id) FILTER (WHERE f.employer_document_id IS NOT NULL) AS employer_document_ids
FROM span p
CROSS JOIN LATERAL generate_series(p.first_quarter, p.last_quarter, interval '3 months') AS q
LEFT JOIN filed f ON f.employer_id = p.employer_id AND f.quarter = q
LEFT JOIN employerlink.employers r ON r.employer_id = p.employer_id AND r._removed_at IS NULL
GROUP BY p.employer_id, r.name, q;
COMMENT ON VIEW analytics.form_941_coverage IS 'One row per employer and quarter from its first payroll to its last: whether a Form 941 for that quarter is among its documents. A payroll counts by its date of payment, a statement without one by the end of its pay period. Removed statements do not count, those that dropped out of the provider''s window included, so that the first quarters can go.';
COMMENT ON COLUMN analytics.form_941_coverage.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.form_941_coverage.employer_name IS 'Name of the employer.';
COMMENT ON COLUMN analytics.form_941_coverage.year IS 'Calendar year.';
COMMENT ON COLUMN analytics.form_941_coverage.quarter IS 'Quarter of the year, 1 to 4.';
COMMENT ON COLUMN analytics.form_941_coverage.quarter_start IS 'First day of the quarter.';
COMMENT ON COLUMN analytics.form_941_coverage.quarter_end IS 'Last day of the quarter.';
COMMENT ON COLUMN analytics.form_941_coverage.due_date IS 'Last day of the month after the quarter, by which a form is due; before it a missing one is no gap yet.';
COMMENT ON COLUMN analytics.form_941_coverage.status IS 'filed or missing. A document belongs to the quarter that the middle of its period (metadata startDate to endDate) lies in; without a period, to the quarter of its date.';
COMMENT ON COLUMN analytics.form_941_coverage.documents IS 'Documents of type 941, amended ones included.';
COMMENT ON COLUMN analytics.form_941_coverage.employer_document_ids IS 'Their ids; null when missing.';

CREATE VIEW analytics.upcoming_bills AS
SELECT
  a.user_identifier,
  a.account_id,
  a.company_id,
  c.name AS company_name,
  lower(a.type) AS account_type,
  a.billing_due_date AS due_date,
  a.billing_due_date - (now() AT TIME ZONE 'UTC')::date AS days_left,
  a.billing_amount AS amount,
  lower(a.autopay_status) AS autopay_status,
  lower(a.autopay_cycle) AS autopay_cycle
FROM paylink.accounts a
LEFT JOIN paylink.companies c ON c.company_id = a.company_id AND c._removed_at IS NULL
WHERE a._removed_at IS NULL AND a.billing_due_date >= (now() AT TIME ZONE 'UTC')::date;
COMMENT ON VIEW analytics.upcoming_bills IS 'One row per account whose bill is due today or later (UTC).';
COMMENT ON COLUMN analytics.upcoming_bills.user_identifier IS 'The user.';
COMMENT ON COLUMN analytics.upcoming_bills.account_id IS 'The account, within the user.';
COMMENT ON COLUMN analytics.upcoming_bills.company_id IS 'The company.';
COMMENT ON COLUMN analytics.upcoming_bills.company_name IS 'Name of the company.';
COMMENT ON COLUMN analytics.upcoming_bills.account_type IS 'subscription, loan, policy or telecom, in lower case.';
COMMENT ON COLUMN analytics.upcoming_bills.due_date IS 'Day the bill is due.';
COMMENT ON COLUMN analytics.upcoming_bills.days_left IS 'Days from today (UTC) to it.';
COMMENT ON COLUMN analytics.upcoming_bills.amount IS 'Amount of the bill, in the account''s currency.';
COMMENT ON COLUMN analytics.upcoming_bills.autopay_status IS 'enabled, disabled or paused; null when the API has no autopay.';
COMMENT ON COLUMN analytics.upcoming_bills.autopay_cycle IS 'How often autopay pays.';

CREATE VIEW analytics.bill_price_changes AS
SELECT
  b.user_identifier,
  b.account_id,
  b.company_id,
  b.company_name,
  b.date,
  b.amount,
  b.previous_date,
  b.previous_amount,
  b.amount - b.previous_amount AS increase,
  round(100 * (b.amount - b.previous_amount) / nullif(b.previous_amount, 0), 2) AS increase_percent
FROM (
  SELECT
    h.user_identifier,
    h.account_id,
    a.company_id,
    c.name AS company_name,
    h.date,
    h.amount,
    lag(h.date) OVER bills AS previous_date,
    lag(h.amount) OVER bills AS previous_amount
  FROM paylink.account_billing_history h
  JOIN paylink.accounts a ON a.user_identifier = h.user_identifier AND a.account_id = h.account_id AND a._removed_at IS NULL
  LEFT JOIN paylink.companies c ON c.company_id = a.company_id AND c._removed_at IS NULL
  WHERE h._removed_at IS NULL AND h.date IS NOT NULL AND h.amount >= 0 -- what is paid back is no bill
  WINDOW bills AS (PARTITION BY h.user_identifier, h.account_id ORDER BY h.date, h.billing_history_key)
) b
WHERE b.amount > b.previous_amount;
COMMENT ON VIEW analytics.bill_price_changes IS 'One row per bill that was higher than the one before it on the same account. What was paid back is no bill.';
COMMENT ON COLUMN analytics.bill_price_changes.user_identifier IS 'The user.';
COMMENT ON COLUMN analytics.bill_price_changes.account_id IS 'The account, within the user.';
COMMENT ON COLUMN analytics.bill_price_changes.company_id IS 'The company.';
COMMENT ON COLUMN analytics.bill_price_changes.company_name IS 'Name of the company.';
COMMENT ON COLUMN analytics.bill_price_changes.date IS 'Day of the higher bill.';
COMMENT ON COLUMN analytics.bill_price_changes.amount IS 'Its amount, in the account''s currency.';
COMMENT ON COLUMN analytics.bill_price_changes.previous_date IS 'Day of the bill before.';
COMMENT ON COLUMN analytics.bill_price_changes.previous_amount IS 'Its amount, in the account''s currency.';
COMMENT ON COLUMN analytics.bill_price_changes.increase IS 'By how much it rose, in the account''s currency.';
COMMENT ON COLUMN analytics.bill_price_changes.increase_percent IS 'By how much it rose, percent; null when the bill before was 0.';

CREATE VIEW analytics.savings_suggestions AS
SELECT
  s.user_identifier,
  s.account_id,
  a.company_id,
  c.name AS company_name,
  lower(s.category) AS category,
  s.monthly_savings,
  s.short_description,
  s.detailed_description
FROM paylink.account_suggestions s
JOIN paylink.accounts a ON a.user_identifier = s.user_identifier AND a.account_id = s.account_id AND a._removed_at IS NULL
LEFT JOIN paylink.companies c ON c.company_id = a.company_id AND c._removed_at IS NULL
WHERE s._removed_at IS NULL;
COMMENT ON VIEW analytics.savings_suggestions IS 'One row per suggestion that stands for an account.';
COMMENT ON COLUMN analytics.savings_suggestions.user_identifier IS 'The user.';
COMMENT ON COLUMN analytics.savings_suggestions.account_id IS 'The account, within the user.';
COMMENT ON COLUMN analytics.savings_suggestions.company_id IS 'The company.';
COMMENT ON COLUMN analytics.savings_suggestions.company_name IS 'Name of the company.';
COMMENT ON COLUMN analytics.savings_suggestions.category IS 'Kind of suggestion, in lower case.';
COMMENT ON COLUMN analytics.savings_suggestions.monthly_savings IS 'Projected saving a month, in the account''s currency.';
COMMENT ON COLUMN analytics.savings_suggestions.short_description IS 'Short text.';
COMMENT ON COLUMN analytics.savings_suggestions.detailed_description IS 'Long text.';

CREATE VIEW analytics.task_failures AS
SELECT
  date_trunc('month', t.atomic_created_at AT TIME ZONE 'UTC')::date AS month,
  lower(t.product) AS product,
  t.company_id,
  c.name AS company_name,
  lower(t.fail_reason) AS fail_reason,
  count(*) AS failures,
  count(DISTINCT t.user_identifier) AS users
FROM paylink.tasks t
LEFT JOIN paylink.companies c ON c.company_id = t.company_id AND c._removed_at IS NULL
WHERE t._removed_at IS NULL AND lower(t.status) = 'failed'
GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW analytics.task_failures IS 'One row per month, product, company and reason: failed tasks.';
COMMENT ON COLUMN analytics.task_failures.month IS 'First day of the month (UTC) the tasks were created in.';
COMMENT ON COLUMN analytics.task_failures.product IS 'The product, in lower case; empty when the API gave none.';
COMMENT ON COLUMN analytics.task_failures.company_id IS 'The company.';
COMMENT ON COLUMN analytics.task_failures.company_name IS 'Name of the company.';
COMMENT ON COLUMN analytics.task_failures.fail_reason IS 'The reason, in lower case; null when the API gave none.';
COMMENT ON COLUMN analytics.task_failures.failures IS 'Failed tasks.';
COMMENT ON COLUMN analytics.task_failures.users IS 'Users they belong to.';

CREATE VIEW analytics.task_funnel AS
SELECT
  date_trunc('month', t.atomic_created_at AT TIME ZONE 'UTC')::date AS month,
  lower(t.product) AS product,
  t.company_id,
  c.name AS company_name,
  count(*) AS tasks,
  count(*) FILTER (WHERE lower(t.status) = 'queued') AS queued,
  count(*) FILTER (WHERE lower(t.status) = 'processing') AS processing,
  count(*) FILTER (WHERE t.authenticated) AS authenticated,
  count(*) FILTER (WHERE lower(t.status) = 'completed') AS completed,
  count(*) FILTER (WHERE lower(t.status) = 'failed') AS failed,
  round(100.0 * count(*) FILTER (WHERE lower(t.status) = 'completed') / count(*), 2) AS completed_percent
FROM paylink.tasks t
LEFT JOIN paylink.companies c ON c.company_id = t.company_id AND c._removed_at IS NULL
WHERE t._removed_at IS NULL
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW analytics.task_funnel IS 'One row per month, product and company: how far tasks got.';
COMMENT ON COLUMN analytics.task_funnel.month IS 'First day of the month (UTC) the tasks were created in.';
COMMENT ON COLUMN analytics.task_funnel.product IS 'The product, in lower case; empty when the API gave none.';
COMMENT ON COLUMN analytics.task_funnel.company_id IS 'The company.';
COMMENT ON COLUMN analytics.task_funnel.company_name IS 'Name of the company.';
COMMENT ON COLUMN analytics.task_funnel.tasks IS 'All tasks.';
COMMENT ON COLUMN analytics.task_funnel.queued IS 'Tasks that wait.';
COMMENT ON COLUMN analytics.task_funnel.processing IS 'Tasks under way.';
COMMENT ON COLUMN analytics.task_funnel.authenticated IS 'Tasks that logged in, whatever became of them.';
COMMENT ON COLUMN analytics.task_funnel.completed IS 'Tasks completed.';
COMMENT ON COLUMN analytics.task_funnel.failed IS 'Tasks failed.';
COMMENT ON COLUMN analytics.task_funnel.completed_percent IS 'Completed of all tasks, percent.';

CREATE VIEW analytics.documents AS
SELECT
  d.resource,
  d.source_id,
  d.version,
  f.employer_id,
  r.name AS employer_name,
  f.type,
  f.document_date,
  f.period_start_date,
  f.period_end_date,
  d.state,
  d.location,
  d.sha256,
  d.bytes,
  d.content_type,
  d.archived_at
FROM archive.documents d
JOIN (
  SELECT 'employer-documents' AS resource, e.employer_document_id AS source_id, e.employer_id, lower(e.type) AS type, e.document_date,
    analytics.calendar_day(e.metadata ->> 'startDate') AS period_start_date, analytics.calendar_day(e.metadata ->> 'endDate') AS period_end_date
  FROM employerlink.employer_documents e
  WHERE e._removed_at IS NULL
  UNION ALL
  SELECT 'payroll-runs', p.payroll_run_id, p.employer_id, lower(p.run_type), p.check_date, p.pay_period_start_date, p.pay_period_end_date
  FROM employerlink.payroll_runs p
  WHERE p._removed_at IS NULL
) f ON f.resource = d.resource AND f.source_id = d.source_id
LEFT JOIN employerlink.employers r ON r.employer_id = f.employer_id AND r._removed_at IS NULL;
COMMENT ON VIEW analytics.documents IS 'One row per version of a document, with what it is about and where it is kept.';
COMMENT ON COLUMN analytics.documents.resource IS 'employer-documents or payroll-runs.';
COMMENT ON COLUMN analytics.documents.source_id IS 'Id of the document or run.';
COMMENT ON COLUMN analytics.documents.version IS 'Number of the version, from 1.';
COMMENT ON COLUMN analytics.documents.employer_id IS 'The employer.';
COMMENT ON COLUMN analytics.documents.employer_name IS 'Name of the employer.';
COMMENT ON COLUMN analytics.documents.type IS 'Kind of document or run, in lower case, e.g. 941 or regular.';
COMMENT ON COLUMN analytics.documents.document_date IS 'Date of the document; check date of a run.';
COMMENT ON COLUMN analytics.documents.period_start_date IS 'First day of its period, where known.';
COMMENT ON COLUMN analytics.documents.period_end_date IS 'Last day of its period, where known.';
COMMENT ON COLUMN analytics.documents.state IS 'pending, archived, absent or failed.';
COMMENT ON COLUMN analytics.documents.location IS 'Where the file is in the archive; null until archived.';
COMMENT ON COLUMN analytics.documents.sha256 IS 'SHA-256 of the file, hexadecimal.';
COMMENT ON COLUMN analytics.documents.bytes IS 'Size in bytes.';
COMMENT ON COLUMN analytics.documents.content_type IS 'Media type.';
COMMENT ON COLUMN analytics.documents.archived_at IS 'When it was archived. Instant.';

CREATE VIEW analytics.possible_duplicates AS
SELECT resource, employer_id, source_id, count(*) AS count, array_agg(id ORDER BY id) AS ids
FROM (
  SELECT 'employers' AS resource, NULL AS employer_id, source_id, employer_id AS id FROM employerlink.employers WHERE _removed_at IS NULL
  UNION ALL
  SELECT 'employer-documents', employer_id, source_id, employer_document_id FROM employerlink.employer_documents WHERE _removed_at IS NULL
  UNION ALL
  SELECT 'employer-deduction-types', employer_id, source_id, employer_deduction_type_id FROM employerlink.employer_deduction_types WHERE _removed_at IS NULL
  UNION ALL
  SELECT 'payroll-runs', employer_id, source_id, payroll_run_id FROM employerlink.payroll_runs WHERE _removed_at IS NULL
) o
WHERE source_id <> ''
GROUP BY resource, employer_id, source_id
HAVING count(*) > 1;
COMMENT ON VIEW analytics.possible_duplicates IS 'One row per id of a payroll system that stands under several ids of the API for one employer, as after a reconnection.';
COMMENT ON COLUMN analytics.possible_duplicates.resource IS 'employers, employer-documents, employer-deduction-types or payroll-runs.';
COMMENT ON COLUMN analytics.possible_duplicates.employer_id IS 'The employer; null for employers themselves.';
COMMENT ON COLUMN analytics.possible_duplicates.source_id IS 'The id in the payroll system.';
COMMENT ON COLUMN analytics.possible_duplicates.count IS 'How many ids it stands under.';
COMMENT ON COLUMN analytics.possible_duplicates.ids IS 'These ids.';

CREATE VIEW analytics.freshness AS
SELECT resource, last_complete_at, last_run_id, lag FROM etl.freshness;
COMMENT ON VIEW analytics.freshness IS 'One row per resource that was ever walked completely: how current what stands here is.';
COMMENT ON COLUMN analytics.freshness.resource IS 'The resource, by its API path name.';
COMMENT ON COLUMN analytics.freshness.last_complete_at IS 'End of its last complete walk. Instant.';
COMMENT ON COLUMN analytics.freshness.last_run_id IS 'The run of that walk.';
COMMENT ON COLUMN analytics.freshness.lag IS 'Time passed since then.';

COMMIT;
