package employerlink_test

import (
	"testing"

	"github.com/linkhouse/linkhouse/transform/fixture"
)

// parts are the arrays whose elements are rows, by resource.
var parts = map[string][]fixture.Part{
	"employers": {{Path: "locations", Table: "employer_locations", Listed: true}},
	"employees": {
		{Path: "depositAccounts", Table: "deposit_accounts", Projection: "depositAccounts"},
		{Path: "taxes", Table: "taxes", Projection: "taxes"},
		{Path: "timesheets", Table: "timesheets", Projection: "timesheets"},
		{Path: "statements", Table: "statements", Projection: "statements"},
		{Path: "statements[].deductions", Table: "statement_deductions", Projection: "statements"},
		{Path: "statements[].earnings", Table: "statement_earnings", Projection: "statements"},
		{Path: "statements[].netAmountAdjustments", Table: "statement_net_amount_adjustments", Projection: "statements"},
	},
}

func fuzz(f *testing.F, name string) { fixture.Fuzz(f, resource(f, name), parts[name]...) }

func FuzzNormalizeEmployers(f *testing.F) { fuzz(f, "employers") }

func FuzzNormalizeEmployees(f *testing.F) { fuzz(f, "employees") }

func FuzzNormalizeEmployerDocuments(f *testing.F) { fuzz(f, "employer-documents") }

func FuzzNormalizeEmployerDeductionTypes(f *testing.F) { fuzz(f, "employer-deduction-types") }

func FuzzNormalizePayrollRuns(f *testing.F) { fuzz(f, "payroll-runs") }
