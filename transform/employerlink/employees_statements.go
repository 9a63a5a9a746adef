package employerlink

import (
	"strings"

	"github.com/linkhouse/linkhouse/transform"
)

var statementKey = transform.KeyOf("employee_id", "statement_id")

var statementsTable = transform.NewTable("employerlink", "statements", statementKey,
	transform.As(transform.Date, "pay_date", "date"),
	transform.As(transform.Date, "pay_period_start_date", "payPeriodStartDate"),
	transform.As(transform.Date, "pay_period_end_date", "payPeriodEndDate"),
	transform.As(transform.Numeric, "gross_amount", "grossAmount"),
	transform.As(transform.Numeric, "ytd_gross_amount", "ytdGrossAmount"),
	transform.As(transform.Numeric, "net_amount", "netAmount"),
	transform.As(transform.Numeric, "ytd_net_amount", "ytdNetAmount"),
	transform.As(transform.Text, "payment_method", "paymentMethod", "deposit", "check"),
	transform.As(transform.Numeric, "hours", "hours"),
)

// Deductions have label and rawLabel, earnings only rawLabel, adjustments only label (T16).
var (
	statementDeductionsTable = transform.LinesTable("employerlink", "statement_deductions",
		transform.Numbered(statementKey, "line_no"),
		transform.As(transform.Text, "category", "category"),
		transform.As(transform.Text, "label", "label"),
		transform.As(transform.Text, "raw_label", "rawLabel"),
		transform.As(transform.Numeric, "amount", "amount"),
		transform.As(transform.Numeric, "ytd_amount", "ytdAmount"),
	)
	statementEarningsTable = transform.LinesTable("employerlink", "statement_earnings",
		transform.Numbered(statementKey, "line_no"),
		transform.As(transform.Text, "category", "category"),
		transform.As(transform.Text, "raw_label", "rawLabel"),
		transform.As(transform.Numeric, "amount", "amount"),
		transform.As(transform.Numeric, "ytd_amount", "ytdAmount"),
		transform.As(transform.Numeric, "hours", "hours"),
		transform.As(transform.Numeric, "rate", "rate"),
	)
	statementNetAmountAdjustmentsTable = transform.LinesTable("employerlink", "statement_net_amount_adjustments",
		transform.Numbered(statementKey, "line_no"),
		transform.As(transform.Text, "label", "label"),
		transform.As(transform.Numeric, "amount", "amount"),
	)
)

// statementLines are the arrays of a statement. A statement always has all three, with or without rows.
var statementLines = []struct {
	member string
	table  *transform.Table
}{
	{"deductions", statementDeductionsTable},
	{"earnings", statementEarningsTable},
	{"netAmountAdjustments", statementNetAmountAdjustmentsTable},
}

// addStatements reads the pay statements. Their lines are read before they are keyed, because twins are told apart by their
// lines (T14).
func addStatements(rec *transform.Record, o *transform.Object) {
	set, ok := o.Set("statements", statementsTable, rec.Owner(), readStatement)
	if !ok {
		return
	}
	transform.Key(set.Rows, set.Owner, func(r *transform.Row) string { return cell(r, "statement_id") })
	rec.Add(set)
}

func readStatement(o *transform.Object) transform.Row {
	row := o.Row(statementsTable)
	row.SetText("statement_id", statementBase(o, &row))
	for _, lines := range statementLines {
		o.AddLines(&row, lines.member, lines.table)
	}
	o.Rest(&row)
	return row
}

// statementBase is what a statement is known by: its _id where one appears, or its dates. Amounts are no part of it, so that
// a correction keeps its row.
func statementBase(o *transform.Object, row *transform.Row) string {
	if id := strings.TrimSpace(o.Text("_id")); id != "" {
		return id
	}
	base := make([]byte, 0, 32)
	base = append(appendFact(base, row, "pay_date", o, "date"), '_')
	base = append(appendFact(base, row, "pay_period_start_date", o, "payPeriodStartDate"), '_')
	return string(appendFact(base, row, "pay_period_end_date", o, "payPeriodEndDate"))
}
