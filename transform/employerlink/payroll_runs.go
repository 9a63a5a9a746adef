package employerlink

import "github.com/linkhouse/linkhouse/transform"

var payrollRuns = &transform.Resource{
	Name:       "payroll-runs",
	List:       "/payroll-runs",
	Items:      "payrollRuns",
	Detail:     "/payroll-runs/{id}",
	DetailItem: "data",
	ByEmployer: true,
	Document:   true,
	Dated:      "checkDate",
	Table:      payrollRunsTable,
	Named:      1,
	State:      "run_state",
	Final:      []string{"closed", "failed"},
	Sentence:   readPayrollRun,
}

var payrollRunsTable = transform.NewTable("employerlink", "payroll_runs", transform.KeyOf("payroll_run_id"),
	transform.As(transform.Text, "employer_id", "employer"),
	transform.As(transform.Date, "check_date", "checkDate"),
	transform.As(transform.Date, "pay_period_start_date", "payPeriodStartDate"),
	transform.As(transform.Date, "pay_period_end_date", "payPeriodEndDate"),
	transform.As(transform.Instant, "run_initiated_at", "runInitiatedDate"),
	transform.As(transform.Text, "run_state", "runState", "approved", "closed", "draft", "failed", "processed", "scheduled"),
	transform.As(transform.Text, "run_type", "runType",
		"accumulated-sick-leave", "back-pay", "bonus", "commission", "correction", "off-cycle", "one-time-payment", "other",
		"overtime", "regular", "sick-leave", "termination", "travel-reimbursement"),
	transform.As(transform.Text, "source_id", "sourceId"),
	transform.Timestamps(),
)

func readPayrollRun(rec *transform.Record, say transform.Saying) {
	o := rec.Object(say.Whole(), "")
	o.Ignore("_id", "url") // the link is another at each request, and whoever holds it can read the document
	row := o.Row(payrollRunsTable)
	o.Rest(&row)
	rec.AddOwn(payrollRunsTable, row)
}
