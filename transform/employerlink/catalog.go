package employerlink

import "github.com/linkhouse/linkhouse/transform"

// Catalog lists the resources of EmployerLink in the order in which they are synced. Resources and tables are the same
// pointers on every call.
func Catalog() []*transform.Resource {
	return []*transform.Resource{employers, employees, employerDocuments, employerDeductionTypes, payrollRuns}
}
