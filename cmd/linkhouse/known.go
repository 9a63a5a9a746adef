package main

import "github.com/linkhouse/linkhouse/schedules"

// resources are the API path names in the order of a full run: what others refer to comes first.
var resources = []string{
	"employers", "employees", "employer-documents", "employer-deduction-types", "payroll-runs",
	"pay-link-accounts", "tasks",
}

// projections are the values of the include parameter of GET /employees/{id}.
var projections = []string{
	"depositAccounts", "employment", "identity", "income", "statements", "timesheets", "taxes",
}

var known = schedules.Known{Resources: resources, Projections: projections}
