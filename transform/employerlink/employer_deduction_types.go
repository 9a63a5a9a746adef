package employerlink

import "github.com/linkhouse/linkhouse/transform"

var employerDeductionTypes = &transform.Resource{
	Name:       "employer-deduction-types",
	List:       "/employer-deduction-types",
	Items:      "employerDeductionTypes",
	Detail:     "/employer-deduction-types/{id}",
	DetailItem: "data",
	ByEmployer: true,
	Table:      employerDeductionTypesTable,
	Named:      1,
	Sentence:   readEmployerDeductionType,
}

// The unit of amount depends on calculation: dollars when fixed, percent when percent (T24).
var employerDeductionTypesTable = transform.NewTable("employerlink", "employer_deduction_types",
	transform.KeyOf("employer_deduction_type_id"),
	transform.As(transform.Text, "employer_id", "employer"),
	transform.As(transform.Numeric, "amount", "amount"),
	transform.As(transform.Text, "calculation", "calculation", "fixed", "percent"),
	transform.As(transform.Text, "category", "category",
		"401k", "401k-catchup", "403b", "408b", "408k", "premium-only-plan", "garnishment", "other"),
	transform.As(transform.Text, "category_type", "categoryType", "pre-tax", "post-tax"),
	transform.As(transform.Text, "label", "label"),
	transform.As(transform.Date, "start_date", "startDate"),
	transform.As(transform.Date, "end_date", "endDate"),
	transform.As(transform.Text, "source_id", "sourceId"),
	transform.Timestamps(),
)

func readEmployerDeductionType(rec *transform.Record, say transform.Saying) {
	o := rec.Object(say.Whole(), "")
	o.Ignore("_id")
	row := o.Row(employerDeductionTypesTable)
	o.Rest(&row)
	rec.AddOwn(employerDeductionTypesTable, row)
}
