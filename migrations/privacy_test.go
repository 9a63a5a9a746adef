package migrations_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// telling are the values that make a row show in the views that look for something; every other text says which column
// it stands in.
var telling = map[string]string{
	"employer_documents.type":           "'941'",
	"statement_deductions.category":     "'401k'",
	"tasks.status":                      "'failed'",
	"employee_identities.date_of_birth": "'1911-11-11'",
}

// fillEveryTable puts one row into every warehouse table, all of the same person, removed or not.
func (f filled) fillEveryTable(removed bool) {
	f.t.Helper()
	tables := lines(f.t, f.conn, `SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('employerlink', 'paylink') ORDER BY 1`)
	for _, table := range tables {
		_, name, _ := strings.Cut(table, ".")
		var columns, values []string
		for _, line := range lines(f.t, f.conn, `SELECT column_name || ' ' || data_type FROM information_schema.columns
			WHERE table_schema || '.' || table_name = $1`, table) {
			column, kind, _ := strings.Cut(line, " ")
			value, given := telling[name+"."+column]
			switch {
			case given:
			case column == "_removed_at" && !removed:
				value = "NULL"
			case kind == "text" && regexp.MustCompile(`_(id|identifier|key)$`).MatchString(column):
				value = "'id'"
			case kind == "text":
				value = fmt.Sprintf("'<%s.%s>'", name, column)
			case kind == "jsonb":
				value = fmt.Sprintf(`'{"secret": "<%s.%s>"}'`, name, column)
			case kind == "date":
				value = "(now() AT TIME ZONE 'UTC')::date"
			case strings.HasPrefix(kind, "timestamp"):
				value = "now()"
			case kind == "bytea":
				value = `'\x00'`
			case kind == "boolean":
				value = "true"
			default:
				value = "1"
			}
			columns, values = append(columns, column), append(values, value)
		}
		execute(f.t, f.conn, fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table, strings.Join(columns, ", "), strings.Join(values, ", ")))
	}
	f.add("archive.documents", "resource, source_id, version, state, staged_at", "'employer-documents', 'id', 1, 'pending', now()", "'payroll-runs', 'id', 1, 'pending', now()")
	f.add("paylink.account_billing_history", "user_identifier, account_id, billing_history_key, date, amount, _removed_at",
		map[bool]string{true: "'id', 'id', 'before', '2020-01-01', 0.5, now()", false: "'id', 'id', 'before', '2020-01-01', 0.5, NULL"}[removed])
	f.add("history.deposit_accounts", "employee_id, deposit_account_key, routing_number, account_number_last4, account_number_token, bank_name, _valid_from, _valid_to",
		"'id', 'id', '<old routing>', '<old last4>', '<old token>', 'before', '2020-01-01Z', now()")
}

// analytics is everything an analyst can read, by view.
func (f filled) analytics() map[string]string {
	f.t.Helper()
	all := map[string]string{}
	execute(f.t, f.conn, `SET ROLE linkhouse_analyst`)
	for _, view := range lines(f.t, f.conn, `SELECT viewname::text FROM pg_views WHERE schemaname = 'analytics'`) {
		all[view] = strings.Join(lines(f.t, f.conn, `SELECT v::text FROM analytics.`+view+` v`), "\n")
	}
	return all
}

func TestNoViewShowsAPersonsSecrets(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.fillEveryTable(false)
	secret := regexp.MustCompile(`<old \w+>|1911-11-11|<employee_identities\.\w+>|<account_identities\.\w+>|<account_payment_methods\.\w+>|` +
		`<\w+\.(\w*(ssn|token|last4|last_four|routing_number|email|phone|home_address)\w*|_extra|metadata|data|payload|action_url)>`)
	names := regexp.MustCompile(`<employees\.(first|last)_name>`)
	for view, shown := range f.analytics() {
		if found := secret.FindString(shown); found != "" {
			t.Errorf("%s shows %s", view, found)
		}
		if names.MatchString(shown) != (view == "payroll_register") {
			t.Errorf("names of employees belong in payroll_register and nowhere else; %s: %t", view, names.MatchString(shown))
		}
		// A view that finds nothing here would pass whatever it shows.
		switch view {
		case "ytd_check", "possible_duplicates", "freshness":
		default:
			if shown == "" {
				t.Errorf("%s shows no row", view)
			}
		}
	}
}

func TestNoViewShowsARemovedRow(t *testing.T) {
	t.Parallel()
	f := fill(t)
	f.fillEveryTable(true)
	for view, shown := range f.analytics() {
		if shown != "" {
			t.Errorf("%s shows %s", view, shown)
		}
	}
}
