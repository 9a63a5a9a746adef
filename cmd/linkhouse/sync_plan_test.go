package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planned are the resources and projections that a command line asks for, or what is wrong with it.
func planned(t *testing.T, config string, s selection) (names, include []string, leftOut bool, message string) {
	t.Helper()
	plan, leftOut, err := s.plan(mustConfigure(t, config, nil))
	if err != nil {
		return nil, nil, false, err.Error()
	}
	return namesOf(plan.Resources), plan.Include, leftOut, ""
}

func TestEmployersSelectEmployerLinkAndUsersPayLink(t *testing.T) {
	const users = "users: {list: [u]}"
	tests := []struct {
		name    string
		config  string
		ask     selection
		want    []string
		leftOut bool
	}{
		{"everything", users, selection{}, resources, false},
		{"everything without users", "", selection{}, resources[:5], true},
		{"an employer", users, selection{Employer: "e"}, resources[:5], false},
		{"a user, though none is configured", "", selection{User: "u"}, resources[5:], false},
		{"resources in the catalog's order", users, selection{Resources: []string{"tasks", "employers"}}, []string{"employers", "tasks"}, false},
		{"a job", users, selection{Job: "intraday"}, []string{"employees", "payroll-runs", "pay-link-accounts", "tasks"}, false},
		{"a job without users", "", selection{Job: "intraday"}, []string{"employees", "payroll-runs"}, true},
		{"a job for one employer", users, selection{Job: "intraday", Employer: "e"}, []string{"employees", "payroll-runs"}, false},
		{"a job of one's own", "schedules: {jobs: [{name: mine, cron: '@daily', resources: [employers]}]}", selection{Job: "mine"}, []string{"employers"}, false},
	}
	for _, test := range tests {
		got, _, leftOut, message := planned(t, test.config, test.ask)
		if diff := cmp.Diff(test.want, got); diff != "" || leftOut != test.leftOut || message != "" {
			t.Errorf("%s: left out %v, %s\n%s", test.name, leftOut, message, diff)
		}
	}
}

func TestProjectionsComeFromTheFlagTheJobOrTheConfigurationInTheCatalogsOrder(t *testing.T) {
	const config = "employees: {include: [taxes, identity]}"
	tests := []struct {
		name string
		ask  selection
		want []string
	}{
		{"configuration", selection{}, []string{"identity", "taxes"}},
		{"job", selection{Job: "intraday"}, []string{"depositAccounts", "employment", "income"}},
		{"flag", selection{Job: "intraday", Include: []string{"statements", "income"}}, []string{"income", "statements"}},
		{"no employees", selection{Resources: []string{"employers"}}, nil},
	}
	for _, test := range tests {
		if _, got, _, message := planned(t, config, test.ask); cmp.Diff(test.want, got) != "" || message != "" {
			t.Errorf("%s: %v, %s", test.name, got, message)
		}
	}
}

func TestPayLinkThatIsAskedForByNameNeedsUsers(t *testing.T) {
	if _, _, _, message := planned(t, "", selection{Resources: []string{"tasks"}}); !strings.Contains(message, "no user is configured, and tasks are read user by user") {
		t.Error(message)
	}
}

func TestUsersComeFromAQueryOnTheWarehouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
	w.env.Vars["LINKHOUSE_USERS_QUERY"] = "SELECT 'user-00000' || n FROM generate_series(1, 3) n"
	w.run(exitComplete, "sync tasks pay-link-accounts")
	if n := w.number("SELECT count(*) FROM paylink.users"); n != 3 {
		t.Errorf("%d users were read", n)
	}
	w.env.Vars["LINKHOUSE_USERS_QUERY"] = "SELECT nothing"
	sent := w.requests()
	got := w.run(exitUsage, "sync tasks")
	if !strings.Contains(got.stderr, "users.query: the warehouse refuses it with SQLSTATE 42703") || w.requests() != sent {
		t.Errorf("%s", got.stderr)
	}
}

func TestWithoutUsersPayLinkIsLeftOutAndTheRunSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	delete(w.env.Vars, "LINKHOUSE_USERS_FILE")
	got := w.run(exitComplete, "sync")
	if !strings.Contains(got.stdout, "\nPayLink was left out: no user is configured (users.file, users.list or users.query).\n") {
		t.Errorf("%s", got.stdout)
	}
	writeFile(t, filepath.Join(w.env.Dir, "users.txt"), "\n \n")
	w.env.Vars["LINKHOUSE_USERS_FILE"] = "users.txt"
	if got = w.run(exitComplete, "sync tasks"); !strings.Contains(got.stdout, "\nNo PayLink user is configured, so nothing of PayLink was read.\n") {
		t.Errorf("%s", got.stdout)
	}
}

func TestOneEmployerOrOneUserCanBeReadAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers")
	employer := w.text("SELECT max(employer_id) FROM employerlink.employers")
	w.run(exitComplete, "sync --employer "+employer)
	if n := w.number("SELECT count(DISTINCT employer_id) FROM employerlink.employees"); n != 1 {
		t.Errorf("employees of %d employers were read", n)
	}
	w.run(exitComplete, "sync --user user-000003")
	if n := w.number("SELECT count(*) FROM paylink.users"); n != 1 {
		t.Errorf("%d users were read", n)
	}
}
