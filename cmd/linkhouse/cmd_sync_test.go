package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

func TestASyncWithVariablesAloneReadsEverythingAndASecondOneWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	first := w.run(exitComplete, "sync")
	truth := w.api.Truth()
	for _, table := range []string{"employerlink.employees", "employerlink.statements", "paylink.accounts", "paylink.tasks"} {
		if got := w.number("SELECT count(*) FROM " + table); got != truth.Rows[table] {
			t.Errorf("%s has %d rows, the sandbox %d", table, got, truth.Rows[table])
		}
	}
	archived := int64(len(truth.Documents["employer-documents"]) + len(truth.Documents["payroll-runs"]))
	if got := w.number("SELECT count(*) FROM archive.documents WHERE state = 'archived'"); got != archived || archived == 0 {
		t.Errorf("%d documents are archived, want %d", got, archived)
	}
	if strings.Contains(first.stdout, "Nothing changed") {
		t.Errorf("the first run:\n%s", first.stdout)
	}
	second := w.run(exitComplete, "sync")
	if !strings.Contains(second.stdout, "\nNothing changed: no row was written.\n") || !strings.HasSuffix(second.stdout, "\nNothing needs attention.\n") {
		t.Errorf("the second run:\n%s", second.stdout)
	}
	if first.stderr+second.stderr != "" {
		t.Errorf("the log at warn: %s%s", first.stderr, second.stderr)
	}
}

func TestTheJSONOfASyncHoldsTheFiguresOfItsTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.run(exitPartial, "sync")
	table := w.run(exitPartial, "sync")
	json := answer[syncAnswer](w, exitPartial, "sync")
	if json.ExitCode != exitPartial || json.Outcome != schedules.OutcomePartial || json.Total.Rejected == 0 || !strings.Contains(json.NextStep, "rejects list") {
		t.Errorf("exit code %d, outcome %s, %d rejected, next %q", json.ExitCode, json.Outcome, json.Total.Rejected, json.NextStep)
	}
	cells := func(r *schedules.Report) (rows [][]string) {
		for _, row := range walkTable(r).rows {
			rows = append(rows, row[:len(row)-1]) // the seconds differ
		}
		return rows
	}
	shown := strings.Split(table.stdout, "\n")
	for i, row := range cells(json.Report) {
		fields := strings.Fields(shown[i+1])
		if row[1] == "" {
			row = append(row[:1], row[2:]...)
		}
		if diff := cmp.Diff(row, fields[:len(fields)-1]); diff != "" {
			t.Errorf("-json +table\n%s", diff)
		}
	}
}

func TestRejectedRecordsEndASyncWith3AndTheCommandThatShowsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	got := w.run(exitPartial, "sync")
	if !strings.Contains(got.stdout, " records. To see why: linkhouse rejects list\n") {
		t.Errorf("%s", got.stdout)
	}
}

func TestWithoutCredentialsASyncNamesBothKeysAndOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	delete(w.env.Vars, "LINKHOUSE_ATOMIC_API_KEY")
	delete(w.env.Vars, "LINKHOUSE_ATOMIC_API_SECRET")
	w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] = "postgres://nobody@127.0.0.1:1/none"
	got := w.run(exitUsage, "sync")
	want := `linkhouse: the configuration has 2 mistakes:
  atomic.api_key: is not set, and nothing can be read without it; set LINKHOUSE_ATOMIC_API_KEY, or the key in the configuration file
  atomic.api_secret: is not set, and nothing can be read without it; set LINKHOUSE_ATOMIC_API_SECRET, or the key in the configuration file
`
	if diff := cmp.Diff(want, got.stderr); diff != "" {
		t.Error(diff)
	}
}

// Mutation: without the empty list of walks in tell (sync_tell.go) it is red.
func TestARunUnderWayExcludesAnotherWhichExitsWith4(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	store, err := load.Open(t.Context(), w.url, load.Options{Resources: catalog})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	held, err := store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employers"}})
	if err != nil {
		t.Fatal(err)
	}
	got := w.run(exitLocked, "sync")
	if !strings.Contains(got.stderr, "another run holds") || !strings.Contains(got.stderr, "linkhouse status") || w.requests() != 0 {
		t.Errorf("%d requests: %s", w.requests(), got.stderr)
	}
	if got := w.run(exitLocked, "sync -o json"); !strings.Contains(got.stdout, `"walks": []`) {
		t.Errorf("%s", got.stdout)
	}
	if err := held.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	w.run(exitComplete, "sync")
}

func TestRefusedCredentialsExitWith5AfterOneRequestAndNameTheKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.env.Vars["LINKHOUSE_ATOMIC_API_SECRET"] = "hunter2hunter2"
	got := w.run(exitRefused, "sync")
	if w.requests() != 1 {
		t.Errorf("%d requests were sent with a wrong secret", w.requests())
	}
	for _, want := range []string{"the API refuses the credentials with status 401", "atomic.api_key", "atomic.api_secret", "LINKHOUSE_ATOMIC_API_KEY"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("%q is missing:\n%s", want, got.stderr)
		}
	}
	w.env.Vars["LINKHOUSE_ATOMIC_API_SECRET"] = "sandbox-secret"
	if again := w.run(exitComplete, "sync"); !strings.Contains(again.stdout, "gone on with where it had stopped") {
		t.Errorf("%s", again.stdout)
	}
}

func TestAnUnavailableAPIExitsWith6AndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	fired := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.StatusFault, Status: 503})
	got := w.run(exitAPI, "sync employees")
	if !strings.Contains(got.stderr, "the API is unavailable: GET /employees/{id}: status 503") ||
		!strings.Contains(got.stderr, "the next run goes on where this one stopped: linkhouse sync employees\n") {
		t.Errorf("%s", got.stderr)
	}
	if fired.Count() == 0 {
		t.Error("the fault never fired")
	}
	fired.Stop()
	if again := w.run(exitComplete, "sync employees"); !strings.Contains(again.stdout, "gone on with where it had stopped") {
		t.Errorf("%s", again.stdout)
	}
}

func TestAWarehouseThatCannotBeReachedExitsWith7BeforeAnyRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.env.Vars["LINKHOUSE_WAREHOUSE_URL"] = "postgres://etl:hunter2@127.0.0.1:1/none?connect_timeout=1"
	got := w.run(exitStore, "sync")
	if w.requests() != 0 || strings.Contains(got.stderr, "hunter2") || !strings.Contains(got.stderr, "warehouse.url") {
		t.Errorf("%d requests, %s", w.requests(), got.stderr)
	}
}

func TestAnArchiveThatCannotBeOpenedExitsWith7BeforeAnyRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	writeFile(t, filepath.Join(w.env.Dir, "archive"), "in the way")
	got := w.run(exitStore, "sync")
	if w.requests() != 0 || !strings.Contains(got.stderr, "archive.url") {
		t.Errorf("%d requests, %s", w.requests(), got.stderr)
	}
}

func TestAnArchiveThatFailsUnderWayExitsWith7AndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	blocked := filepath.Join(w.env.Dir, "archive", "employer-documents")
	if err := os.Mkdir(filepath.Dir(blocked), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, blocked, "in the way")
	got := w.run(exitStore, "sync employer-documents")
	if !strings.HasPrefix(got.stderr, "linkhouse: the archive file://") || strings.Count(got.stderr, "\n") != 2 ||
		!strings.Contains(got.stderr, "check its free space and its rights; the next run goes on") {
		t.Errorf("%s", got.stderr)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	w.run(exitComplete, "sync employer-documents")
}

func TestWithoutMigratingTheTablesMustBeThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "migrate down --all --yes")
	got := w.run(exitStore, "sync --no-migrate")
	if !strings.Contains(got.stderr, "the warehouse has no tables yet") || !strings.Contains(got.stderr, "linkhouse migrate up") || w.requests() != 0 {
		t.Errorf("%s", got.stderr)
	}
	w.run(exitComplete, "sync employers")
}

func TestAGuardExitsWith8SaysHowManyAndApprovalLetsItPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.run(exitComplete, "sync employers")
	employers := w.number("SELECT count(*) FROM employerlink.employers")
	empty := w.api.Inject(sandbox.Fault{Match: "/employers", Kind: sandbox.EmptyList})
	got := w.run(exitGuard, "sync employers")
	for _, want := range []string{
		"A guard stopped a removal: 9 of 9 employers are gone from the API, more than removals.max_fraction (0.2) believes.",
		"\nIf it is right: linkhouse sync employers --approve-removals\n",
	} {
		if !strings.Contains(got.stdout, want) || employers != 9 {
			t.Errorf("%q is missing:\n%s", want, got.stdout)
		}
	}
	if n := w.number("SELECT count(*) FROM employerlink.employers WHERE _removed_at IS NOT NULL"); n != 0 {
		t.Errorf("%d employers were removed", n)
	}
	w.run(exitComplete, "sync employers --approve-removals")
	if n := w.number("SELECT count(*) FROM employerlink.employers WHERE _removed_at IS NULL"); n != 0 || empty.Count() != 2 {
		t.Errorf("%d employers are left after %d empty lists", n, empty.Count())
	}
}

func TestAnInterruptExitsWith130AndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked atomic.Int64
	w.env.Vars["LINKHOUSE_ATOMIC_PAGE_SIZE"] = "10"
	hang := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.Hang, When: func(*http.Request) bool { return asked.Add(1) > 40 }})
	var group errgroup.Group
	group.Go(func() error {
		for w.number("SELECT count(*) FROM employerlink.employees") == 0 && t.Context().Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		return nil
	})
	got := w.runWith(ctx, exitInterrupted, "sync employees")
	_ = group.Wait()
	if want := "linkhouse: interrupted\n  what was read is saved; the next run goes on where this one stopped: linkhouse sync employees\n"; got.stderr != want {
		t.Errorf("%q", got.stderr)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employees"); n == 0 || n == 50 {
		t.Errorf("%d employees were saved", n)
	}
	hang.Stop()
	again := w.run(exitComplete, "sync employees")
	if !strings.Contains(again.stdout, "gone on with where it had stopped") || w.number("SELECT count(*) FROM employerlink.employees") != 50 {
		t.Errorf("%s", again.stdout)
	}
}

func TestAWarehouseOfANewerVersionExitsWith1(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.exec("UPDATE linkhouse_migrations SET version = 9999")
	got := w.run(exitFailure, "sync")
	if !strings.Contains(got.stderr, "9999") || w.requests() != 0 {
		t.Errorf("%s", got.stderr)
	}
}

func TestADryRunSaysWhatItWouldDoAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	got := w.run(exitComplete, "sync --dry-run")
	if !strings.HasPrefix(got.stdout, "Dry run: this is what a run would do; nothing was written.\n") {
		t.Errorf("%s", got.stdout)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employees") + w.number("SELECT count(*) FROM etl.runs"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
	if dry := answer[syncAnswer](w, exitComplete, "sync --dry-run"); dry.Total.New == 0 || !dry.DryRun {
		t.Errorf("%+v", dry.Total)
	}
}
