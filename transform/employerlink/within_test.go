package employerlink_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/transform"
)

// Section 6 (backfill by pay date): of an employee only the statements within the days are left, under the keys that they have
// among all of them, and nothing is said of anything else. Mutation: without set.Merge in Record.Within it is red.
func TestWithinDaysARecordSaysNothingButTheStatementsOfThoseDays(t *testing.T) {
	t.Parallel()
	const statements = `"ssn":"111-22-3333","statements":[
		{"date":"2026-01-15","netAmount":1,"paymentMethod":"check","earnings":[{"rawLabel":"a"}]},
		{"date":"2026-01-15","netAmount":2,"paymentMethod":"deposit"},
		{"date":"2026-01-31","netAmount":3},
		{"date":"2026-02-01","netAmount":4},
		{"netAmount":5}]`
	all := keys(employee(t, statements), "statements", "net_amount")
	rec := employee(t, statements)
	rec.Within(*resource(t, "employees").Period, transform.Days{From: "2026-01-02", Until: "2026-01-31"})
	if len(rec.Sets) != 1 || !rec.Sets[0].Merge || !rec.Limited {
		t.Fatalf("limited %v: %s", rec.Limited, rec.Dump())
	}
	for key, amount := range all {
		if amount == "4" || amount == "5" {
			delete(all, key)
		}
	}
	if diff := cmp.Diff(all, keys(rec, "statements", "net_amount")); diff != "" || len(all) != 3 {
		t.Error(diff)
	}
}

// A projection without tables would be counted as nothing by an estimate.
func TestEveryTableOfAnEmployeeBelongsToOneProjection(t *testing.T) {
	t.Parallel()
	r := resource(t, "employees")
	if diff := cmp.Diff(len(r.Projections), len(r.Parts)); diff != "" {
		t.Error(diff)
	}
	found := map[*transform.Table]int{}
	for _, table := range r.TablesOf(r.Projections) {
		found[table]++
	}
	for _, table := range r.Tables() {
		if found[table] != 1 {
			t.Errorf("%s belongs to %d projections", table, found[table])
		}
	}
	if r.Table.Column("firstName") != "first_name" || resource(t, "payroll-runs").Table.Column("checkDate") != "check_date" {
		t.Error("a column is not found by its member")
	}
}
