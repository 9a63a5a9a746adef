package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/migrations"
)

// result is what one command line did.
type result struct {
	code           int
	stdout, stderr string
}

// run carries out a command line in a directory of its own, with those variables and no others.
func run(t *testing.T, env Env, args ...string) result {
	t.Helper()
	if env.Dir == "" {
		env.Dir = t.TempDir()
	}
	if env.Stdin == nil {
		env.Stdin = strings.NewReader("")
	}
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), args, env, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// golden compares an output with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		writeFile(t, path, got)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (UPDATE=1 writes it anew):\n%s", name, diff)
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	for _, command := range []string{"", "demo", "init", "check", "sandbox", "sync", "status", "runs", "runs list", "runs show", "runs diff",
		"rejects", "rejects list", "rejects show", "rejects replay", "documents", "documents list", "documents gaps", "documents get",
		"documents verify", "documents retry", "backfill", "serve", "metrics", "metrics dashboard", "metrics alerts", "schedules", "schedules list", "schedules next", "schedules explain", "drift", "drift list", "migrate", "migrate up", "migrate down", "migrate status", "psql"} {
		got := run(t, Env{}, append(strings.Fields(command), "--help")...)
		if got.code != exitComplete || got.stderr != "" {
			t.Errorf("%s --help: exit %d, %s", command, got.code, got.stderr)
		}
		golden(t, "help"+strings.ReplaceAll(" "+command, " ", "_")+".txt", got.stdout)
	}
}

func TestWithoutACommandThereIsHelp(t *testing.T) {
	got := run(t, Env{})
	if got.code != exitComplete || !strings.Contains(got.stdout, "New here?") {
		t.Errorf("%+v", got)
	}
}

func TestTheVersionNeedsNoCommand(t *testing.T) {
	got := run(t, Env{}, "--version")
	if diff := cmp.Diff(result{0, "linkhouse " + version + "\n", ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestAWrongCommandLineExitsWith2AndSaysWhereHelpIs(t *testing.T) {
	tests := []struct{ args, want string }{
		{"paint", "linkhouse: unexpected argument paint\n  try: linkhouse --help\n"},
		{"syncc", "linkhouse: unexpected argument syncc, did you mean \"sync\"?\n  try: linkhouse --help\n"},
		{"ini", "linkhouse: unexpected argument ini, did you mean \"init\"?\n  try: linkhouse --help\n"},
		{"init --forse", "linkhouse: unknown flag --forse, did you mean \"--force\"?\n  try: linkhouse init --help\n"},
		{"migrate", "linkhouse: expected one of \"up\", \"down\", \"status\"\n  try: linkhouse migrate --help\n"},
		{"migrate status -o xml", "linkhouse: --output must be one of \"table\",\"json\" but got \"xml\"\n  try: linkhouse migrate status --help\n"},
		{"init --log-level loud", "linkhouse: --log-level: \"loud\" is not known; write one of debug, info, warn, error\n  try: linkhouse init --help\n"},
		{"migrate down", "linkhouse: this drops tables with everything in them\n  repeat the command with --yes if that is what you want\n"},
		{"sync employes", "linkhouse: there is no resource employes\n  did you mean employers or employees?\n"},
		{"sync tasks --employer e", "linkhouse: tasks belong to users, not to employers\n  leave out --employer, or name one with --user\n"},
		{"sync employees --user u", "linkhouse: employees belong to employers, not to users\n  leave out --user, or name one with --employer\n"},
		{"sync --employer e --user u", "linkhouse: an employer is EmployerLink's and a user is PayLink's: no resource has both\n  run it once for each\n"},
		{"sync --job nightlyy", "linkhouse: there is no job nightlyy\n  jobs are nightly, intraday\n"},
		{"sync employees --job nightly", "linkhouse: a job has resources of its own\n  leave out either the resources or --job\n"},
		{"sync employers --include income", "linkhouse: --include chooses what to read of employees, and they are not among the resources\n  leave it out, or sync employees as well\n"},
		{"sync --include incme", "linkhouse: there is no projection incme\n  did you mean income?\n"},
		{"rejects replay", "linkhouse: which rejects is not clear\n  name rejects by their numbers, or all of them with --all\n"},
		{"rejects replay 1 --all", "linkhouse: which rejects is not clear\n  name rejects by their numbers, or all of them with --all\n"},
		{"rejects list --resource employer", "linkhouse: there is no resource employer\n  did you mean employers?\n"},
		{"rejects list --limit 0", "linkhouse: there is nothing to list\n  write --limit 1 or more\n"},
		{"runs list --limit 0", "linkhouse: there is nothing to list\n  write --limit 1 or more\n"},
		{"documents list --resource employees", "linkhouse: employees have no documents\n  resources with documents are employer-documents, payroll-runs\n"},
		{"documents list --state lost", "linkhouse: there is no state lost\n  states are pending, archived, absent, failed\n"},
		{"documents list --since 31.1.2026", "linkhouse: --since: \"31.1.2026\" is no date; write one as 2026-01-31\n  try: linkhouse documents list --help\n"},
		{"documents gaps --since 2026-02-01 --until 2026-01-31", "linkhouse: --until is before --since\n  both days are included: --since is the first, --until the last\n"},
		{"documents verify --sample 0", "linkhouse: --sample is above 0 and up to 1\n  write a part such as 0.1; 1 is all\n"},
		{"documents verify --not-since yesterday", "linkhouse: --not-since: \"yesterday\" is no time; write one as 2026-01-31T02:15:00Z, or a date\n  try: linkhouse documents verify --help\n"},
		{"documents verify --orphans --employer e", "linkhouse: files that no document names belong to no employer, type or day\n  look for them without other flags than --resource\n"},
		{"documents get x --document-version=-1", "linkhouse: there is no such version\n  versions count from 1\n"},
		{"runs diff 3 3", "linkhouse: a run does not differ from itself\n  name two runs; linkhouse runs show 3 shows this one\n"},
		{"schedules next nightlyy", "linkhouse: there is no job nightlyy\n  jobs are nightly, intraday\n"},
		{"schedules next --count 0", "linkhouse: there is nothing to tell\n  write --count from 1 to 10000\n"},
		{"schedules next --from tomorrow", "linkhouse: --from: \"tomorrow\" is no time; write one as 2026-01-31T02:15:00Z, or a date\n  try: linkhouse schedules next --help\n"},
		{"schedules explain", "linkhouse: expected \"<job>\"\n  try: linkhouse schedules explain --help\n"},
		{"schedules explain nightly --limit 0", "linkhouse: there is nothing to tell\n  write --limit 1 or more\n"},
		{"migrate down --steps 0 --yes", "linkhouse: there is nothing to take back\n  write --steps 1 or more, or --all\n"},
	}
	for _, test := range tests {
		got := run(t, Env{}, strings.Fields(test.args)...)
		if diff := cmp.Diff(result{exitUsage, "", test.want}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s:\n%s", test.args, diff)
		}
	}
}

func TestAWrongConfigurationExitsWith2AndListsEveryMistake(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "linkhouse.yaml"), "atomic:\n  page_sise: 5\nlog:\n  level: loud\n")
	got := run(t, Env{Dir: dir}, "migrate", "status")
	want := `linkhouse: the configuration has 2 mistakes:
  linkhouse.yaml:2:3: atomic.page_sise: unknown key; did you mean atomic.page_size?
  linkhouse.yaml:4:10: log.level: "loud" is not known; write one of debug, info, warn, error
`
	if diff := cmp.Diff(result{exitUsage, "", want}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheVariableNamesTheConfigurationFileUnlessTheFlagDoes(t *testing.T) {
	env := Env{Vars: map[string]string{"LINKHOUSE_CONFIG": "from-variable.yaml"}}
	if got := run(t, env, "migrate", "status"); !strings.Contains(got.stderr, "from-variable.yaml: cannot be read") {
		t.Errorf("%+v", got)
	}
	if got := run(t, env, "--config", "from-flag.yaml", "migrate", "status"); !strings.Contains(got.stderr, "from-flag.yaml: cannot be read") {
		t.Errorf("%+v", got)
	}
}

func TestEachClassOfErrorHasItsExitCode(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{misuse("", "wrong"), 2},
		{Problems{{message: "wrong"}}, 2},
		{&failure{code: exitPartial, err: errors.New("rejects")}, 3},
		{&extract.Error{Class: extract.ClassRefused}, 5},
		{&extract.Error{Class: extract.ClassThrottled}, 6},
		{&extract.Error{Class: extract.ClassUnavailable}, 6},
		{&extract.Error{Class: extract.ClassMalformed}, 6},
		{&extract.Error{Class: extract.ClassLoop}, 1},
		{load.ErrLocked, 4},
		{storeFailure(load.ErrLocked), 4},
		{&load.Error{Class: load.ClassUnavailable}, 7},
		{&load.Error{Class: load.ClassConfig}, 7},
		{&load.Error{Class: load.ClassCanceled}, 130},
		{&load.Error{Class: load.ClassOther}, 1},
		{storeFailure(errors.New("gone")), 7},
		{storeFailure(&migrations.NewerError{}), 1},
		{storeFailure(context.Canceled), 130},
		{context.Canceled, 130},
		{&extract.Error{Class: extract.ClassCanceled, Err: context.Canceled}, 130},
	}
	for _, test := range tests {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("%v: exit %d, want %d", test.err, got, test.want)
		}
		if test.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("outer: %w", test.err)); got != test.want {
			t.Errorf("wrapped %v: exit %d, want %d", test.err, got, test.want)
		}
	}
}

func TestTheHelpListsEveryExitCode(t *testing.T) {
	for _, code := range []int{exitComplete, exitFailure, exitUsage, exitPartial, exitLocked, exitRefused, exitAPI, exitStore, exitGuard, exitInterrupted} {
		if !strings.Contains(exitHelp, fmt.Sprintf("\n  %-4d ", code)) {
			t.Errorf("%d is missing", code)
		}
	}
}
