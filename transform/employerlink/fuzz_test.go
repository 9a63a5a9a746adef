package employerlink_test

import (
	"testing"

	"github.com/linkhouse/linkhouse/transform/fixture"
)

func FuzzNormalizeEmployers(f *testing.F) { fixture.Fuzz(f, resource(f, "employers")) }

func FuzzNormalizeEmployees(f *testing.F) { fixture.Fuzz(f, resource(f, "employees")) }

func FuzzNormalizeEmployerDocuments(f *testing.F) { fixture.Fuzz(f, resource(f, "employer-documents")) }

func FuzzNormalizeEmployerDeductionTypes(f *testing.F) {
	fixture.Fuzz(f, resource(f, "employer-deduction-types"))
}

func FuzzNormalizePayrollRuns(f *testing.F) { fixture.Fuzz(f, resource(f, "payroll-runs")) }
