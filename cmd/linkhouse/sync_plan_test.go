package main

import (
	"strings"
	"testing"

	"github.com/linkhouse/linkhouse/schedules"
)

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
