package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Section 6 (backfill): what makes no sense together is a mistake of the command line, with its remedy. Mutation: without any of
// the cases of backfillCmd.agree it is red.
func TestABackfillThatMakesNoSenseIsRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "empty.txt"), []byte("\n \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "linkhouse.yaml"), "employees:\n  include: [income]\n")
	const named = "name one of employers, employees, employer-documents, employer-deduction-types, payroll-runs, pay-link-accounts, tasks; or go on with an unfinished one by --resume"
	tests := []struct{ args, want string }{
		{"", "what to read is not named\n  " + named},
		{"employes", "there is no resource employes\n  did you mean employers or employees?"},
		{"tasks --employer e", "tasks belong to users, not to employers\n  leave out --employer, or name users with --users"},
		{"employees --users u.txt", "employees belong to employers, not to users\n  leave out --users, or name one employer with --employer"},
		{"payroll-runs --employees e.txt", "--employees chooses employees, and payroll-runs are none\n  leave it out"},
		{"tasks --include income", "--include chooses what to read of employees, and tasks are none\n  leave it out"},
		{"employers --since 2026-01-01", "employers have no date\n  leave --since and --until out; dates have employees, employer-documents and payroll-runs"},
		{"employees --refetch", "employees have no documents\n  leave out --refetch; documents have employer-documents and payroll-runs"},
		{"employees --no-documents", "employees have no documents\n  leave out --no-documents; documents have employer-documents and payroll-runs"},
		{"payroll-runs --refetch --no-documents", "--refetch fetches documents and --no-documents none\n  leave one of them out"},
		{"payroll-runs --since 2026-02-01 --until 2026-01-31", "--until is before --since\n  both days are included: --since is the first, --until the last"},
		{"employees --since 2026-01-01 --include income", "of employees only statements have a date\n  leave out --include, or the days"},
		{"employees --since 2026-01-01", "employees.include leaves out statements, and only they have a date\n  add --include statements if they are to be read all the same"},
		{"employees --employees empty.txt", "--employees empty.txt is empty\n  write one identifier a line into it"},
		{"employees --employees none.txt", "--employees none.txt cannot be read: no such file or directory\n  check the path; it holds one identifier a line"},
		{"payroll-runs --resume 3", "a run that is gone on with has words of its own\n  leave everything else out"},
		{"--resume 3 --dry-run", "a run that is gone on with has words of its own\n  leave everything else out"},
	}
	for _, test := range tests {
		got := run(t, Env{Dir: dir}, append([]string{"backfill"}, strings.Fields(test.args)...)...)
		if diff := cmp.Diff(result{exitUsage, "", "linkhouse: " + test.want + "\n"}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("backfill %s:\n%s", test.args, diff)
		}
	}
	if got := run(t, Env{Dir: dir}, "backfill", "tasks"); got.code != exitUsage || !strings.Contains(got.stderr, "no user is configured, and tasks are read user by user") {
		t.Errorf("%+v", got)
	}
}

// Section 6 (backfill --users): these users are read and no others, whatever the configuration names, and nothing follows for the
// others. Mutation: without Selection in Plan.partial it is red.
func TestABackfillOfUsersReadsThoseOfItsFileOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	users := w.api.UserIdentifiers()
	writeFile(t, filepath.Join(w.env.Dir, "some.txt"), users[3]+"\n\n"+users[7]+"\n"+users[3]+"\n")
	w.run(exitComplete, "backfill tasks --users some.txt")
	if got := w.text("SELECT string_agg(user_identifier, ' ' ORDER BY user_identifier COLLATE \"C\") FROM paylink.users"); got != users[3]+" "+users[7] && got != users[7]+" "+users[3] {
		t.Errorf("read were %s", got)
	}
	if n := w.number("SELECT count(*) FROM etl.freshness WHERE resource = 'tasks'"); n != 0 {
		t.Error("tasks count as read whole")
	}
}

// Section 6 (backfill --employees): ids that the API does not list are told of. Mutation: without strangers it is red.
func TestABackfillOfEmployeesTellsHowManyTheListDoesNotHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers employees")
	ids := w.text("SELECT string_agg(employee_id, E'\\n') FROM (SELECT employee_id FROM employerlink.employees ORDER BY 1 LIMIT 4) e")
	writeFile(t, filepath.Join(w.env.Dir, "ids.txt"), ids+"\nnobody\n")
	got := answer[syncAnswer](w, exitComplete, "backfill employees --employees ids.txt --include income")
	if got.Total.Fetched != 4 || got.Total.Removed != 0 || len(got.Notes) != 1 || got.Notes[0] != "Of 5 ids of the file, the API's list does not have 1." {
		t.Errorf("%+v %q", got.Total, got.Notes)
	}
	if include := w.text("SELECT include::text FROM etl.runs ORDER BY run_id DESC LIMIT 1"); include != "{income}" {
		t.Errorf("asked for were %s", include)
	}
}
