package main

import (
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/schedules"
)

// What a run reads of employees is not all there is to be current where a job of the timetable asks for more. Two of which neither asks
// for all that the other does both count.
func TestARunIsNarrowedWhereAJobAsksForAllOfItAndMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		jobs    []string // each job's projections; "" is all that are allowed
		include string
		leftOut string
		want    bool
	}{
		{nil, "identity,income,statements", "", false},
		{nil, "income", "identity,statements", true},
		{[]string{"", "income"}, "income", "identity,statements", true},
		{[]string{"", "income"}, "identity,income,statements", "", false},
		{[]string{"income"}, "income", "", false},
		{[]string{"income,taxes"}, "income", "", false}, // taxes are not allowed
		{[]string{"income", "statements"}, "statements", "income", false},
		{[]string{"income,statements"}, "identity,income,statements", "", false},
	} {
		config := &Config{}
		config.Employees.Include = []string{"identity", "income", "statements"}
		for _, include := range c.jobs {
			job := schedules.Job{Resources: []string{"employers", "employees"}}
			if include != "" {
				job.Include = strings.Split(include, ",")
			}
			config.Schedules.All = append(config.Schedules.All, job, schedules.Job{Resources: []string{"employers"}})
		}
		if leftOut, got := config.besides(strings.Split(c.include, ",")); got != c.want || strings.Join(leftOut, ",") != c.leftOut {
			t.Errorf("%+v: narrowed %v, left out %q", c, got, leftOut)
		}
	}
}

// A job may ask for less of employees than the configuration allows, never for more: who left the identities out there
// means it, whatever a job says.
func TestAJobNarrowsWhatIsAskedOfEmployeesAndNeverWidensIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ allowed, job, flag, want string }{
		{"identity,income,statements", "", "", "identity,income,statements"},
		{"identity,income,statements", "income,taxes", "", "income"},
		{"income", "identity,income", "", "income"},
		{"income", "identity", "", "error"},
		{"income", "income", "statements", "statements"},
	} {
		config := &Config{}
		config.Employees.Include = strings.Split(c.allowed, ",")
		chosen := selection{}
		if c.flag != "" {
			chosen.Include = strings.Split(c.flag, ",")
		}
		job := schedules.Job{Name: "job"}
		if c.job != "" {
			job.Include = strings.Split(c.job, ",")
		}
		asked, err := chosen.include(config, job, catalog)
		got := strings.Join(asked, ",")
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%+v: asked for %q (%v)", c, got, err)
		}
	}
}
