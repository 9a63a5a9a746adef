package migrations_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// filled is a warehouse with a few rows put in by hand.
type filled struct {
	t    *testing.T
	conn *pgx.Conn
}

func fill(t *testing.T) filled {
	t.Helper()
	return filled{t, connect(t, warehouse.Database(t))}
}

// add inserts rows into a warehouse table: the columns, then a line of values each, as SQL. What every row knows of
// itself is filled in where it is not given.
func (f filled) add(table, columns string, rows ...string) {
	f.t.Helper()
	schema, name, _ := strings.Cut(table, ".")
	if schema == "etl" || schema == "archive" || strings.HasPrefix(name, "statement_") {
		execute(f.t, f.conn, `INSERT INTO `+table+` (`+columns+`) VALUES (`+strings.Join(rows, "), (")+`)`)
		return
	}
	for _, fact := range []struct{ column, value string }{
		{"_first_seen_at", "'2024-01-01Z'"}, {"_synced_at", "'2024-01-01Z'"}, {"_run_id", "1"}, {"_row_hash", `'\x00'`},
	} {
		if strings.Contains(" "+columns, " "+fact.column) {
			continue
		}
		columns += ", " + fact.column
		for i := range rows {
			rows[i] += ", " + fact.value
		}
	}
	execute(f.t, f.conn, `INSERT INTO `+table+` (`+columns+`) VALUES (`+strings.Join(rows, "), (")+`)`)
}

// wants compares what a query finds, each row as its values joined by spaces and null as "-".
func (f filled) wants(query string, want ...string) {
	f.t.Helper()
	got := lines(f.t, f.conn, `SELECT (SELECT string_agg(coalesce(nullif(v.value ->> 0, ''), '-'), ' ' ORDER BY v.ord)
		FROM json_each(row_to_json(q)) WITH ORDINALITY AS e (key, item, ord)
		CROSS JOIN LATERAL (SELECT json_build_array(e.item) AS value, e.ord) v) FROM (`+query+`) q`)
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

// people adds two employers, of which E1 pays Ann and Bob and E2 pays Cid, and one employee who was removed.
func (f filled) people() {
	f.add("employerlink.employers", "employer_id, name", "'E1', 'Acme'", "'E2', 'Beta'")
	f.add("employerlink.employees", "employee_id, employer_id, first_name, last_name, _removed_at",
		"'ann', 'E1', 'Ann', 'A', NULL", "'bob', 'E1', 'Bob', 'B', NULL", "'cid', 'E2', 'Cid', 'C', NULL", "'gone', 'E1', 'G', 'G', '2024-05-01Z'")
}

func TestPayrollCostAddsUpWhatIsReportedByEmployerAndMonth(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("employerlink.statements", "employee_id, statement_id, pay_date, pay_period_end_date, gross_amount, net_amount, _removed_at",
		"'ann', 's1', '2024-01-15', NULL, 1000.10, 800, NULL",
		"'ann', 's2', '2024-01-31', NULL, 1000.20, NULL, NULL",
		"'bob', 's1', '2024-01-31', NULL, 500, 400, NULL",
		"'bob', 's2', NULL, '2024-02-15', NULL, 10, NULL",
		"'bob', 's3', '2024-01-31', NULL, 9999, 9999, '2024-06-01Z'",
		"'cid', 's1', '2024-01-01', NULL, 7, 6, NULL",
		"'gone', 's1', '2024-01-31', NULL, 5000, 5000, NULL")
	f.add("employerlink.statement_deductions", "employee_id, statement_id, line_no, amount",
		"'ann', 's1', 1, 100.05", "'ann', 's1', 2, 100", "'bob', 's1', 1, -1", "'bob', 's3', 1, 1", "'gone', 's1', 1, 1")

	f.wants(`SELECT employer_id, employer_name, month, statements, employees, gross_amount, net_amount, deductions,
			statements_without_gross, statements_without_net FROM analytics.payroll_cost ORDER BY employer_id, month`,
		"E1 Acme 2024-01-01 3 2 2500.30 1200 199.05 0 1",
		"E1 Acme 2024-02-01 1 1 - 10 - 1 0",
		"E2 Beta 2024-01-01 1 1 7 6 - 0 0")
}

// The views leave out removed statements; README says how to count those that dropped out of the provider's window.
func TestTheReadmeCountsWhatDroppedOutOfTheProvidersWindow(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("```\n(SELECT [^`;]*FROM employerlink.statements s\n[^`;]*);").FindSubmatch(readme)
	if m == nil {
		t.Fatal("README has no query over employerlink.statements")
	}
	f := fill(t)
	f.people()
	f.add("employerlink.statements", "employee_id, statement_id, pay_date, gross_amount, _removed_at",
		"'ann', 'dropped out', '2024-01-31', 1, '2024-06-01Z'", "'ann', 's1', '2024-02-29', 2, NULL",
		"'ann', 'taken back', '2024-02-29', 4, '2024-03-05Z'", "'ann', 's2', '2024-03-31', 8, NULL",
		"'gone', 's1', '2024-02-29', 16, '2024-05-01Z'")
	f.wants(string(m[1]), "2024-01-01 1 1", "2024-02-01 2 18", "2024-03-01 1 8")
}

func TestThePayrollRegisterSetsReportedPayBesideItsLines(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("employerlink.statements", "employee_id, statement_id, pay_date, gross_amount, net_amount, payment_method",
		"'ann', 's1', '2024-01-15', 1000, 800, 'Deposit'", "'bob', 's1', '2024-01-15', NULL, 800, NULL")
	f.add("employerlink.statement_earnings", "employee_id, statement_id, line_no, category, amount",
		"'ann', 's1', 1, 'wage', 900", "'ann', 's1', 2, 'Overtime', 50", "'ann', 's1', 3, 'bonus', 25",
		"'ann', 's1', 4, NULL, 5", "'ann', 's1', 5, 'reimbursement', 10.47")
	f.add("employerlink.statement_deductions", "employee_id, statement_id, line_no, category, amount",
		"'ann', 's1', 1, 'taxes', 150", "'ann', 's1', 2, 'other', 60")
	f.add("employerlink.statement_net_amount_adjustments", "employee_id, statement_id, line_no, amount", "'ann', 's1', 1, 25")

	f.wants(`SELECT first_name, payment_method, wages, overtime, bonuses, benefits, reimbursements, other_earnings, earnings, taxes,
			other_deductions, deductions, adjustments, gross_difference, net_difference FROM analytics.payroll_register ORDER BY employee_id`,
		"Ann deposit 900 50 25 - 10.47 5 990.47 150 60 210 25 9.53 -15",
		"Bob - - - - - - - - - - - - - -")
}

func TestRemunerationGoesByTheClassCodeOfTheDayOfPayment(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("history.employee_employments", "employee_id, class_code, _synced_at, _valid_from, _valid_to", "'ann', '8810', '2024-02-01Z', '2024-02-01Z', '2024-03-10Z'")
	f.add("employerlink.employee_employments", "employee_id, class_code, _synced_at, _removed_at", "'ann', '0042', '2024-03-10Z', '2024-05-01Z'") // held until then
	f.add("employerlink.statements", "employee_id, statement_id, pay_date, gross_amount",
		"'ann', 'before anything was known', '2024-01-15', 100", "'ann', 'old code', '2024-03-09', 200",
		"'ann', 'day of the change', '2024-03-10', 400", "'bob', 'no code', '2024-03-10', 800", "'cid', 'code not told', '2024-03-10', 1600",
		"'cid', 'code not told any more', '2024-06-10', 3200")
	// A version that tells no code leaves the last one that was told, or the first one that is told after it.
	f.add("history.employee_employments", "employee_id, class_code, _synced_at, _valid_from, _valid_to",
		"'cid', NULL, '2024-01-01Z', '2024-01-01Z', '2024-04-01Z'", "'cid', '7380', '2024-04-01Z', '2024-04-01Z', '2024-05-01Z'")
	f.add("employerlink.employee_employments", "employee_id, class_code, _synced_at", "'cid', NULL, '2024-05-01Z'")
	f.add("employerlink.statement_earnings", "employee_id, statement_id, line_no, category, amount, hours",
		"'ann', 'old code', 1, 'wage', 150, 10", "'ann', 'old code', 2, 'OVERTIME', 30, 2", "'ann', 'old code', 3, 'reimbursement', 5, NULL",
		"'ann', 'old code', 4, 'benefit', 15, NULL")

	f.wants(`SELECT class_code, month, statements, employees, remuneration, overtime, overtime_hours, benefits, reimbursements, statements_without_earnings
			FROM analytics.wc_remuneration ORDER BY class_code, month`,
		"0042 2024-03-01 1 1 400 - - - - 1",
		"7380 2024-03-01 1 1 1600 - - - - 1",
		"7380 2024-06-01 1 1 3200 - - - - 1",
		"8810 2024-01-01 1 1 100 - - - - 1",
		"8810 2024-03-01 1 1 150 30 2 15 5 0",
		"- 2024-03-01 1 1 800 - - - - 1")
}

func TestContributionsAreToldByCategoryOrLabel(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("employerlink.statements", "employee_id, statement_id, pay_date", "'ann', 's1', '2024-01-15'", "'ann', 's2', '2024-01-31'", "'ann', 's3', '2025-01-15'")
	f.add("employerlink.statement_deductions", "employee_id, statement_id, line_no, category, label, raw_label, amount, ytd_amount",
		"'ann', 's1', 1, '401k', NULL, 'RET', 10, 10", "'ann', 's2', 1, 'other', '401(k)', NULL, 20, 31", "'ann', 's3', 1, '401K', 'x', NULL, 5, 5",
		"'ann', 's1', 2, 'other', 'Roth 403(b)', NULL, 7, 7", "'ann', 's1', 3, 'other', '401k Loan 2', NULL, 8, 8",
		"'ann', 's1', 4, '401k-catchup', 'a', NULL, 9, 9", "'ann', 's1', 5, 'other', 'Unit 1401 bond', NULL, 1, 1", "'ann', 's1', 6, 'taxes', 'FICA', NULL, 1, 1")

	f.wants(`SELECT pay_date, plan, kind, label, amount, ytd_amount, ytd_amount_of_statements FROM analytics.contributions_401k ORDER BY pay_date, line_no`,
		"2024-01-15 401k deferral RET 10 10 10", "2024-01-15 403b roth Roth 403(b) 7 7 7", "2024-01-15 401k loan 401k Loan 2 8 8 8",
		"2024-01-15 401k catch-up a 9 9 9", "2024-01-31 401k deferral 401(k) 20 31 30", "2025-01-15 401k deferral x 5 5 5")
}

func TestYearToDateTotalsMustFollowFromEachOtherWithinAYear(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("employerlink.statements", "employee_id, statement_id, pay_date, gross_amount, ytd_gross_amount, net_amount, ytd_net_amount, _removed_at",
		"'ann', 'a1', '2023-12-31', 100, 9000, NULL, NULL, NULL",
		"'ann', 'a2', '2024-01-15', 100, 100, 80, 80, NULL",     // a new year begins anew
		"'ann', 'a3', '2024-01-31', 100, 200, 80, 70, NULL",     // net goes down
		"'ann', 'a4', '2024-02-15', 100, NULL, 80, 150, NULL",   // no total here
		"'ann', 'a5', '2024-02-29', 100, 400, 80, 230, NULL",    // two amounts since the last total
		"'ann', 'a6', '2024-03-15', 100, 501, NULL, 300, NULL",  // a dollar too much; net cannot be told
		"'ann', 'a7', '2024-03-31', 9, 9, 9, 9, '2024-04-01Z'",  // removed
		"'bob', 'b1', '2024-01-31', 100, 300, NULL, NULL, NULL", // the same day in any order
		"'bob', 'b2', '2024-01-31', 200, 200, NULL, NULL, NULL",
		"'bob', 'b3', '2024-02-15', -50, 250, NULL, NULL, NULL", // a reversal
		"'bob', 'b4', '2024-02-29', 10, 300, NULL, NULL, NULL",  // both report the total of the day
		"'bob', 'b5', '2024-02-29', 40, 300, NULL, NULL, NULL",
		"'bob', 'b6', '2024-03-15', 70, 370, NULL, NULL, NULL", // paid and taken back on one day
		"'bob', 'b7', '2024-03-15', -70, 300, NULL, NULL, NULL",
		"'bob', 'b8', '2024-03-31', 5, 305, NULL, NULL, NULL",
		"'bob', 'b9', '2024-04-15', 20, 326, NULL, NULL, NULL", // a dollar too much, on a day of two
		"'bob', 'ba', '2024-04-15', 30, 356, NULL, NULL, NULL",
		"'cid', 'c1', '2024-01-15', NULL, 500, NULL, NULL, NULL",
		"'cid', 'c2', '2024-01-31', NULL, 400, NULL, NULL, NULL") // down, whatever the amount

	f.wants(`SELECT employee_id, statement_id, year, measure, previous_pay_date, previous_ytd_amount, ytd_amount, expected_ytd_amount, difference, problem
			FROM analytics.ytd_check ORDER BY employee_id, pay_date, measure`,
		"ann a3 2024 net 2024-01-15 80 70 160 -90 going down",
		"ann a6 2024 gross 2024-02-29 400 501 500 1 not adding up",
		"bob ba 2024 gross 2024-03-31 305 356 355 1 not adding up",
		"cid c2 2024 gross 2024-01-15 500 400 - - going down")
}

func TestDepositAccountChangesTellWhoAndWhenFromHistory(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	const columns = "employee_id, deposit_account_key, account_number_token, bank_name, distribution_type, distribution_amount, _first_seen_at, _synced_at, _removed_at"
	f.add("history.deposit_accounts", columns+", _valid_from, _valid_to",
		"'ann', 'k1', 'aa', 'Old Bank', 'total', NULL, '2024-01-01Z', '2024-01-01Z', NULL, '2024-01-01Z', '2024-02-01Z'",
		"'ann', 'k1', 'aa', 'Old Bank', 'Percent', 80, '2024-01-01Z', '2024-02-01Z', NULL, '2024-02-01Z', '2024-02-02Z'",
		"'bob', 'k1', 'bb', 'B', 'total', NULL, '2024-01-01Z', '2024-01-01Z', '2024-03-01Z', '2024-01-01Z', '2024-03-01Z'",
		"'cid', 'k1', NULL, 'C', 'total', NULL, '2024-01-01Z', '2024-01-01Z', NULL, '2024-01-01Z', '2024-01-15Z'") // its number was hidden
	f.add("employerlink.deposit_accounts", columns,
		"'ann', 'k1', 'zz', 'New Bank', 'percent', 80, '2024-01-01Z', '2024-02-02Z', NULL",
		"'ann', 'k2', 'cc', 'Second', 'percent', 20, '2024-02-01Z', '2024-02-01Z', '2024-05-01Z'",
		"'bob', 'k1', 'bb', 'B', 'total', NULL, '2024-01-01Z', '2024-04-01Z', NULL",
		"'cid', 'k1', 'dd', 'C', 'total', NULL, '2024-01-01Z', '2024-01-15Z', NULL",
		"'gone', 'k1', 'ee', 'G', 'total', NULL, '2024-01-01Z', '2024-01-01Z', '2024-05-01Z'")

	f.wants(`SELECT employer_id, employee_id, (changed_at AT TIME ZONE 'UTC')::date AS day, change, array_to_string(what, '+') AS what, bank_name,
			previous_distribution_type, previous_distribution_amount, distribution_type, distribution_amount
			FROM analytics.deposit_account_changes ORDER BY employee_id, changed_at, change`,
		"E1 ann 2024-02-01 added - Second - - percent 20",
		"E1 ann 2024-02-01 changed split Old Bank total - percent 80",
		"E1 ann 2024-02-02 changed account+bank New Bank percent 80 percent 80",
		"E1 ann 2024-05-01 removed - Second - - percent 20",
		"E1 bob 2024-03-01 removed - B - - total -",
		"E1 bob 2024-04-01 returned - B - - total -")
}

// What stands where changes begin is no change; the first account of an employee who was read without one before is.
func TestAFirstDepositAccountIsAddedWhereAnEarlierReadFoundNone(t *testing.T) {
	t.Parallel()
	f := fill(t)
	execute(t, f.conn, `INSERT INTO etl.runs (resources, include, started_at, updated_at) VALUES ('{employees}', '{depositAccounts,income}', now(), now()),
		('{employees}', '{income}', now(), now()), ('{employees}', NULL, now(), now())`)
	const run = "employee_id, employer_id, _run_id, _first_seen_at, _synced_at"
	f.add("employerlink.employees", run,
		"'had none', 'E1', 1, '2024-01-01Z', '2024-01-01Z'",
		"'had it', 'E1', 1, '2024-02-01Z', '2024-02-01Z'",
		"'not asked', 'E1', 2, '2024-01-01Z', '2024-01-01Z'",
		"'not told', 'E1', 3, '2024-01-01Z', '2024-01-01Z'",
		"'run deleted', 'E1', 9, '2024-01-01Z', '2024-01-01Z'",
		"'asked once', 'E1', 2, '2024-01-01Z', '2024-03-01Z'",
		"'unreadable', 'E1', 1, '2024-01-01Z', '2024-01-01Z'",
		"'unreadable since', 'E1', 1, '2024-01-01Z', '2024-01-01Z'")
	f.add("history.employees", run+", _valid_from, _valid_to", "'asked once', 'E1', 1, '2024-01-01Z', '2024-01-01Z', '2024-01-01Z', '2024-03-01Z'")
	const reject = "resource, source_id, place, reason, payload_hash, first_seen_at, last_seen_at"
	f.add("etl.rejects", reject,
		`'employees', 'unreadable', 'depositAccounts[]', 'not an object', '\x00', '2024-01-01Z', '2024-01-20Z'`,
		`'employees', 'unreadable since', 'depositAccounts', 'not an array', '\x00', '2024-01-15Z', '2024-01-20Z'`,
		`'employees', 'had none', 'taxes[]', 'not an object', '\x00', '2024-01-01Z', '2024-01-20Z'`)
	var accounts []string
	for _, employee := range []string{"had none", "had it", "not asked", "not told", "run deleted", "asked once", "unreadable", "unreadable since"} {
		accounts = append(accounts, "'"+employee+"', 'k1', 'Bank', '2024-02-01Z', '2024-02-01Z'")
	}
	f.add("employerlink.deposit_accounts", "employee_id, deposit_account_key, bank_name, _first_seen_at, _synced_at", accounts...)

	f.wants(`SELECT employee_id, (changed_at AT TIME ZONE 'UTC')::date AS day, change, bank_name FROM analytics.deposit_account_changes ORDER BY employee_id`,
		"asked once 2024-02-01 added Bank", "had none 2024-02-01 added Bank", "unreadable since 2024-02-01 added Bank")
}

func TestForm941CoverageShowsTheQuartersThatAreMissing(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("employerlink.statements", "employee_id, statement_id, pay_date", "'ann', 's1', '2021-02-15'", "'bob', 's1', '2021-08-15'")
	f.add("employerlink.payroll_runs", "payroll_run_id, employer_id, check_date, run_state, _removed_at",
		"'r1', 'E1', '2022-01-14', 'processed', NULL", "'r2', 'E1', '2022-04-01', 'Draft', NULL", "'r3', 'E1', '2023-01-01', 'closed', '2024-01-01Z'",
		"'r4', 'E2', '2021-12-31', 'closed', NULL")
	f.add("employerlink.employer_documents", "employer_document_id, employer_id, type, document_date, metadata, _removed_at",
		`'d1', 'E1', '941', '2021-01-01', '{"startDate": "2021-01-01T00:00:00.000Z", "endDate": "2021-03-01T00:00:00.000Z"}', NULL`,
		`'d2', 'E1', '941', '2021-03-01', '{"startDate": "2021-03-01T00:00:00.000Z", "endDate": "2021-06-01T00:00:00.000Z"}', NULL`,
		`'d3', 'E1', '941-X', NULL, '{"startDate": "2021-04-01", "endDate": "2021-07-01"}', NULL`,
		`'d4', 'E1', '940', '2021-08-01', NULL, NULL`,
		`'d5', 'E1', '941', '2021-08-01', NULL, '2024-01-01Z'`,
		`'d6', 'E1', '941', '2021-10-01', '{"startDate": "2021-02-31x", "endDate": 5}', NULL`)

	f.wants(`SELECT employer_id, year, quarter, quarter_end, due_date, status, array_to_string(employer_document_ids, '+') AS ids
			FROM analytics.form_941_coverage ORDER BY employer_id, year, quarter`,
		"E1 2021 1 2021-03-31 2021-04-30 filed d1",
		"E1 2021 2 2021-06-30 2021-07-31 filed d2+d3",
		"E1 2021 3 2021-09-30 2021-10-31 missing -",
		"E1 2021 4 2021-12-31 2022-01-31 filed d6",
		"E1 2022 1 2022-03-31 2022-04-30 missing -",
		"E2 2021 4 2021-12-31 2022-01-31 missing -")

	// Where a statement has no pay date, its pay period's end tells the quarter.
	f.add("employerlink.statements", "employee_id, statement_id, pay_period_end_date", "'cid', 's1', '2022-02-15'")
	f.wants(`SELECT year, quarter FROM analytics.form_941_coverage WHERE employer_id = 'E2' ORDER BY year, quarter`, "2021 4", "2022 1")
}

func TestPriceChangesAreBillsHigherThanTheOneBefore(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.add("paylink.companies", "company_id, name", "'C', 'Hulu'")
	f.add("paylink.accounts", "user_identifier, account_id, company_id, _removed_at", "'u', 'a', 'C', NULL", "'u', 'b', 'C', NULL", "'u', 'gone', 'C', '2024-01-01Z'")
	f.add("paylink.account_billing_history", "user_identifier, account_id, billing_history_key, date, amount, _removed_at",
		"'u', 'a', '1', '2024-01-20', 10, NULL", "'u', 'a', '2', '2024-02-20', 12.5, NULL", "'u', 'a', '3', '2024-03-20', 12.5, NULL",
		"'u', 'a', '4', '2024-04-20', 0, NULL", "'u', 'a', '5', '2024-05-20', 10, NULL", "'u', 'a', '6', '2024-02-25', 99, '2024-06-01Z'",
		"'u', 'b', '1', '2024-02-01', 100, NULL", "'u', 'b', '2', '2024-02-05', -100, NULL", "'u', 'b', '3', '2024-02-06', 100, NULL",
		"'u', 'gone', '1', '2024-02-01', 1, NULL", "'u', 'gone', '2', '2024-03-01', 2, NULL")

	f.wants(`SELECT account_id, company_name, date, amount, previous_date, previous_amount, increase, increase_percent
			FROM analytics.bill_price_changes ORDER BY date`,
		"a Hulu 2024-02-20 12.5 2024-01-20 10 2.5 25.00",
		"a Hulu 2024-05-20 10 2024-04-20 0 10 -")
}

func TestUpcomingBillsAreThoseDueFromToday(t *testing.T) {
	t.Parallel()
	f := fill(t)
	const today = "(now() AT TIME ZONE 'UTC')::date"
	f.add("paylink.accounts", "user_identifier, account_id, billing_due_date, billing_amount, autopay_status, _removed_at",
		"'u', 'past', "+today+" - 1, 1, NULL, NULL", "'u', 'today', "+today+", 2, 'Enabled', NULL", "'u', 'soon', "+today+" + 3, 3, NULL, NULL",
		"'u', 'gone', "+today+" + 3, 4, NULL, '2024-01-01Z'", "'u', 'none', NULL, 5, NULL, NULL")
	f.wants(`SELECT account_id, days_left, amount, autopay_status FROM analytics.upcoming_bills ORDER BY due_date`, "today 0 2 enabled", "soon 3 3 -")
}

func TestTasksAreCountedByMonthProductCompanyAndReason(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.add("paylink.companies", "company_id, name", "'C', 'Hulu'")
	f.add("paylink.tasks", "user_identifier, task_id, product, status, fail_reason, authenticated, company_id, atomic_created_at, _removed_at",
		"'u', '1', 'switch', 'failed', 'expired', false, 'C', '2024-01-31T23:30:00-05', NULL", // February in UTC
		"'v', '2', 'switch', 'Failed', 'Expired', true, 'C', '2024-02-10Z', NULL",
		"'v', '3', 'switch', 'completed', 'unknown-failure', true, 'C', '2024-02-10Z', NULL",
		"'v', '4', 'switch', 'queued', NULL, NULL, 'C', '2024-02-10Z', NULL",
		"'v', '5', 'switch', 'failed', 'expired', NULL, 'C', '2024-02-10Z', '2024-03-01Z'")
	f.wants(`SELECT month, product, company_name, fail_reason, failures, users FROM analytics.task_failures`, "2024-02-01 switch Hulu expired 2 2")
	f.wants(`SELECT month, product, tasks, queued, processing, authenticated, completed, failed, completed_percent FROM analytics.task_funnel`,
		"2024-02-01 switch 4 1 0 2 1 2 25.00")
}

func TestDuplicatesAreIdsOfOneSourceUnderSeveralOfOurs(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.add("employerlink.payroll_runs", "payroll_run_id, employer_id, source_id, _removed_at",
		"'r1', 'E1', 's', NULL", "'r2', 'E1', 's', NULL", "'r3', 'E2', 's', NULL", "'r4', 'E2', 's', '2024-01-01Z'", "'r5', 'E1', '', NULL", "'r6', 'E1', '', NULL")
	f.add("employerlink.employers", "employer_id, source_id", "'E1', 'x'", "'E9', 'x'", "'E2', NULL", "'E3', NULL")
	f.wants(`SELECT resource, employer_id, source_id, count, array_to_string(ids, '+') AS ids FROM analytics.possible_duplicates ORDER BY resource`,
		"employers - x 2 E1+E9", "payroll-runs E1 s 2 r1+r2")
}

func TestDocumentsAreListedWithWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.people()
	f.add("employerlink.employer_documents", "employer_document_id, employer_id, type, metadata", `'d1', 'E1', '941', '{"startDate": "2021-01-01T00:00:00Z", "endDate": "2021-03-31"}'`)
	f.add("employerlink.payroll_runs", "payroll_run_id, employer_id, run_type, check_date, pay_period_start_date, _removed_at",
		"'d1', 'E2', 'Regular', '2024-01-31', '2024-01-16', NULL", "'gone', 'E2', 'bonus', NULL, NULL, '2024-01-01Z'")
	f.add("archive.documents", "resource, source_id, version, state, location, bytes, staged_at",
		"'employer-documents', 'd1', 1, 'archived', 'k', 5, now()", "'payroll-runs', 'd1', 1, 'pending', NULL, NULL, now()", "'payroll-runs', 'gone', 1, 'pending', NULL, NULL, now()")
	f.wants(`SELECT resource, source_id, employer_name, type, document_date, period_start_date, period_end_date, state, location, bytes
			FROM analytics.documents ORDER BY resource`,
		"employer-documents d1 Acme 941 - 2021-01-01 2021-03-31 archived k 5", "payroll-runs d1 Beta regular 2024-01-31 2024-01-16 - pending - -")
}

func TestFreshnessIsThatOfTheLastCompleteWalkOfEverything(t *testing.T) {
	t.Parallel()
	f := fill(t)
	execute(t, f.conn, `INSERT INTO etl.runs (resources, started_at, updated_at) SELECT '{}', now(), now() FROM generate_series(1, 5)`)
	f.add("etl.walks", "run_id, resource, scope, state, started_at, updated_at, finished_at",
		"1, 'employees', 'all', 'complete', now(), now(), now() - interval '3 days'", "2, 'employees', 'all', 'complete', now(), now(), now() - interval '2 days'",
		"3, 'employees', 'all', 'failed', now(), now(), now()", "4, 'employees', 'employer:E1', 'complete', now(), now(), now()",
		"4, 'tasks', 'all', 'running', now(), now(), NULL")
	f.add("etl.walks", "run_id, resource, scope, state, filtered, started_at, updated_at, finished_at",
		"5, 'employees', 'all', 'complete', true, now(), now(), now()") // saw a part only
	f.wants(`SELECT resource, last_run_id, lag >= interval '2 days' AND lag < interval '3 days' AS lag FROM analytics.freshness`, "employees 2 true")
}
