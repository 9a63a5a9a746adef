package employerlink

import (
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

// The unit of distribution_amount depends on distribution_type: percent of the pay, or dollars (T17).
var depositAccountsTable = transform.NewTable("employerlink", "deposit_accounts",
	transform.KeyOf("employee_id", "deposit_account_key"),
	transform.As(transform.Text, "routing_number", "routingNumber"),
	transform.MaskableSecret("account_number", "accountNumber"),
	transform.As(transform.Text, "type", "type", "checking", "savings", "paycard"),
	transform.As(transform.Text, "bank_name", "bankName"),
	transform.As(transform.Text, "distribution_type", "distributionType", "total", "percent", "fixed"),
	transform.As(transform.Numeric, "distribution_amount", "distributionAmount"),
)

// addDepositAccounts keys an account by its routing number, last four digits and type: a number that was masked and comes
// whole later is the same account (T17).
func addDepositAccounts(rec *transform.Record, o *transform.Object) {
	set, ok := o.Set("depositAccounts", depositAccountsTable, rec.Owner(), nil)
	if !ok {
		return
	}
	transform.Key(set.Rows, set.Owner, func(r *transform.Row) string {
		return strings.ToLower(joined("-", cell(r, "routing_number"), cell(r, "account_number_last4"), cell(r, "type")))
	})
	rec.Add(set)
}

var taxesTable = transform.NewTable("employerlink", "taxes", transform.KeyOf("employee_id", "tax_key"),
	transform.As(transform.Text, "type", "type"),
	transform.Year("year", "year"),
	transform.As(transform.Numeric, "total_wages", "totalWages"),
)

// addTaxes keys a tax form by type and year; several of a year are told apart by what they say.
func addTaxes(rec *transform.Record, o *transform.Object) {
	set, ok := o.Set("taxes", taxesTable, rec.Owner(), func(e *transform.Object) transform.Row {
		row := e.Row(taxesTable)
		row.SetText("tax_key", strings.ToLower(joined("-", cell(&row, "type"), string(appendFact(nil, &row, "year", e, "year")))))
		e.Rest(&row)
		return row
	})
	if !ok {
		return
	}
	transform.Key(set.Rows, set.Owner, func(r *transform.Row) string { return cell(r, "tax_key") })
	rec.Add(set)
}

// The shape of a timesheet is documented nowhere: it is kept whole, and the columns are what such objects usually say.
var timesheetsTable = transform.NewTable("employerlink", "timesheets", transform.KeyOf("employee_id", "timesheet_key"),
	transform.Whole("payload"),
	transform.AnyOf(transform.Date, "date", "date", "workDate", "day"),
	transform.AnyOf(transform.Instant, "start_at", "start", "startTime", "startAt", "clockIn"),
	transform.AnyOf(transform.Instant, "end_at", "end", "endTime", "endAt", "clockOut"),
	transform.AnyOf(transform.Numeric, "hours", "hours", "totalHours", "duration"),
	transform.As(transform.Text, "type", "type"),
	transform.As(transform.Text, "status", "status"),
)

// addTimesheets keys a timesheet by its _id where one appears, and by a digest of what it says otherwise.
func addTimesheets(rec *transform.Record, o *transform.Object) {
	set, ok := o.Set("timesheets", timesheetsTable, rec.Owner(), func(e *transform.Object) transform.Row {
		row := e.Row(timesheetsTable)
		key := strings.TrimSpace(e.Text("_id"))
		if key == "" {
			key = e.Node().Digest()
		}
		row.SetText("timesheet_key", key)
		e.CountRest() // the payload keeps it
		return row
	})
	if !ok {
		return
	}
	transform.Key(set.Rows, set.Owner, func(r *transform.Row) string { return cell(r, "timesheet_key") })
	rec.Add(set)
}

// cell is the text of a row's column; "" when it is NULL.
func cell(r *transform.Row, column string) string { return r.Cell(column).String() }

// appendFact adds what a key says of a column: its value, the text that could not be read as one, or "-" when there is neither.
func appendFact(key []byte, r *transform.Row, column string, o *transform.Object, member string) []byte {
	if v := r.Cell(column); !v.IsNull() {
		return v.Append(key)
	}
	text, _ := o.Node().Get(member).Scalar()
	return append(key, orDash(strings.TrimSpace(text))...)
}

func orDash(part string) string {
	if part == "" {
		return "-"
	}
	return part
}

// joined joins the parts of a key; a missing part is "-".
func joined(separator string, parts ...string) string {
	for i, part := range parts {
		parts[i] = orDash(part)
	}
	return strings.Join(parts, separator)
}
