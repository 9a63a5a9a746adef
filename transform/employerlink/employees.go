package employerlink

import (
	"slices"

	"github.com/linkhouse/linkhouse/transform"
)

var employees = &transform.Resource{
	Name:        "employees",
	List:        "/employees",
	Items:       "employees",
	Detail:      "/employees/{id}",
	DetailItem:  "data",
	ByEmployer:  true,
	Projections: projections,
	Parts: map[string][]*transform.Table{
		"identity":        {employeeIdentitiesTable},
		"employment":      {employeeEmploymentsTable},
		"income":          {employeeIncomesTable},
		"depositAccounts": {depositAccountsTable},
		"statements":      {statementsTable, statementDeductionsTable, statementEarningsTable, statementNetAmountAdjustmentsTable},
		"taxes":           {taxesTable},
		"timesheets":      {timesheetsTable},
	},
	Period: &transform.Period{Projection: "statements", Table: statementsTable, Column: "pay_date"},
	Table:  employeesTable,
	Named:  1,
	Children: []*transform.Table{
		employeeIdentitiesTable, employeeEmploymentsTable, employeeIncomesTable, depositAccountsTable,
		statementsTable, statementDeductionsTable, statementEarningsTable, statementNetAmountAdjustmentsTable,
		taxesTable, timesheetsTable,
	},
	Sentence: readEmployee,
}

// projections are the values of include.
var projections = []string{"depositAccounts", "employment", "identity", "income", "statements", "timesheets", "taxes"}

var employeesTable = transform.NewTable("employerlink", "employees", transform.KeyOf("employee_id"),
	transform.As(transform.Text, "employer_id", "employer"),
	transform.As(transform.Text, "first_name", "firstName"),
	transform.As(transform.Text, "last_name", "lastName"),
	transform.Timestamps(),
)

// flat are the projections whose members stand beside each other at the top of the detail.
var flat = []struct {
	projection string
	table      *transform.Table
}{
	{"identity", employeeIdentitiesTable},
	{"employment", employeeEmploymentsTable},
	{"income", employeeIncomesTable},
}

// arrays are the projections that are one array each.
var arrays = []struct {
	projection string
	add        func(*transform.Record, *transform.Object)
}{
	{"depositAccounts", addDepositAccounts},
	{"statements", addStatements},
	{"taxes", addTaxes},
	{"timesheets", addTimesheets},
}

func readEmployee(rec *transform.Record, say transform.Saying) {
	list, detail := say.Rows[0], say.Detail

	// The employer is in the list row alone, the timestamps in the detail alone; the names are in both, but in the detail
	// only with the identity (T9, T10).
	own := rec.Object(list.Filled(detail, employeesTable.Members()...), "")
	own.Ignore("_id")
	row := own.Row(employeesTable)
	own.Rest(&row)

	if detail.IsObject() {
		rest := rec.Object(detail, "")
		rest.Ignore("_id")
		for _, name := range employeesTable.Members() {
			// What the detail tells otherwise than the list row is not read, so that it is kept.
			if listed := list.Get(name); listed.Absent() || listed.Equal(detail.Get(name)) {
				rest.Ignore(name)
			}
		}
		for _, part := range flat {
			// What came although it was not asked for is neither stored nor unknown (T8).
			rest.Ignore(part.table.Members()...)
			if say.Asked(part.projection) {
				addFlat(rec, part.table, detail)
			}
		}
		for _, part := range arrays {
			if say.Asked(part.projection) {
				part.add(rec, rest)
			} else {
				rest.Ignore(part.projection)
			}
		}
		rest.Rest(&row)
	}
	row.SetKey(rec.Owner()...)
	rec.Add(transform.Set{Table: employeesTable, Owner: rec.Owner(), Rows: []transform.Row{row}, Partial: !askedForAll(say)})
}

// askedForAll tells an employee who was asked for whole. Of one who was not, names that stand in the identity alone and
// unknown members of what was not asked for are missing, and stay as they are stored.
func askedForAll(say transform.Saying) bool {
	return !slices.ContainsFunc(projections, func(p string) bool { return !say.Asked(p) })
}

// addFlat adds the one row of a projection. One that was asked for and says nothing is empty: its row goes.
func addFlat(rec *transform.Record, table *transform.Table, detail transform.Node) {
	o := rec.Part(detail, table.Members())
	row := o.Row(table)
	o.Rest(&row)
	if row.Empty() {
		rec.Add(transform.Set{Table: table, Owner: rec.Owner()})
		return
	}
	rec.AddOwn(table, row)
}
