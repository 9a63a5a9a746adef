package schedules

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
)

// tame is a world without odd data, whose runs end without rejects.
func tame(c *sandbox.Config) { c.Odd = false }

// Semantics 8: a run that is stopped goes on where it stopped, reads at most one page per walk twice, and ends like an
// undisturbed one.
func TestAnInterruptedRunGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	stopped := 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		var pages atomic.Int64
		r := w.runner()
		r.Observe = func(p Progress) {
			if p.Documents == nil && !p.Done && pages.Add(1) == 2 {
				cancel()
			}
		}
		report, err := r.Run(ctx, w.plan())
		cancel()
		r.Store.Close()
		if report.Outcome != OutcomeInterrupted {
			if report.Outcome != OutcomePartial || !report.Resumed {
				t.Fatalf("outcome %s, resumed %v: %v\n%s", report.Outcome, report.Resumed, err, describe(report))
			}
			break
		}
		if stopped++; stopped > 40 {
			t.Fatal("the run does not get on")
		}
	}
	if stopped < 3 {
		t.Fatalf("stopped only %d times", stopped)
	}
	w.equalsTruth()
	if n := w.number("SELECT count(*) FROM etl.runs"); n != 1 {
		t.Errorf("%d runs, want one that was gone on with", n)
	}
	if n := w.number("SELECT count(*) FROM etl.walk_pages"); n != 0 {
		t.Errorf("%d pages are left over", n)
	}
	for resource, want := range map[string]string{"employers": "SELECT count(*) FROM employerlink.employers", "payroll-runs": "SELECT count(*) FROM employerlink.payroll_runs"} {
		counted := w.number("SELECT new FROM etl.walks WHERE resource = $1", resource)
		if rows := w.number(want); counted != rows {
			t.Errorf("the walks of %s count %d new objects, the table holds %d", resource, counted, rows)
		}
	}
}

// Semantics 7: an empty list where rows stood removes nothing until a person approves.
func TestAnEmptyListRemovesNothingUntilApproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employers"), OutcomeComplete)
	fired := w.api.Inject(sandbox.Fault{Match: "/employers", Kind: sandbox.EmptyList, Times: 2})
	report := w.sync(w.plan("employers"), OutcomeGuarded)
	if g := report.Walks[0].Guarded; g == nil || g.Gone != 9 || g.Live != 9 {
		t.Errorf("the guard tells %+v", g)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employers WHERE _removed_at IS NOT NULL"); n != 0 {
		t.Fatalf("%d employers were removed", n)
	}
	plan := w.plan("employers")
	plan.ApproveRemovals = true
	w.sync(plan, OutcomeComplete)
	if n := w.number("SELECT count(*) FROM employerlink.employers WHERE _removed_at IS NULL"); n != 0 {
		t.Errorf("%d employers stand although the removal was approved", n)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employer_locations WHERE _removed_at IS NULL"); n != 0 {
		t.Errorf("%d locations stand although their employers are gone", n)
	}
	w.sync(w.plan("employers"), OutcomeComplete) // they return, and their locations with them
	w.equalsSome("employerlink.employers", "employerlink.employer_locations")
	if fired.Count() != 2 {
		t.Errorf("the fault fired %d times", fired.Count())
	}
}

// equalsSome compares the live rows of some tables with the sandbox's truth.
func (w *world) equalsSome(tables ...string) {
	w.t.Helper()
	truth := w.api.Truth()
	for _, table := range tables {
		if got := w.number("SELECT count(*) FROM " + table + " WHERE _removed_at IS NULL"); got != truth.Rows[table] {
			w.t.Errorf("%s has %d rows, the sandbox %d", table, got, truth.Rows[table])
		}
	}
}

// Semantics 7: a walk that failed removes nothing, and a list that loops fails its walk.
func TestAListThatLoopsFailsItsWalkAndRemovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employees", "employers"), OutcomeComplete)
	fired := w.api.Inject(sandbox.Fault{Match: "/employees", Kind: sandbox.LoopCursor, Times: 1})
	report := w.sync(w.plan("employees", "employers"), OutcomePartial)
	if report.Walks[0].State != load.WalkComplete || report.Walks[1].State != load.WalkFailed {
		t.Errorf("employers %s, employees %s", report.Walks[0].State, report.Walks[1].State)
	}
	if n := w.number("SELECT count(*) FROM employerlink.employees WHERE _removed_at IS NOT NULL"); n != 0 || fired.Count() != 1 {
		t.Errorf("%d employees were removed; the fault fired %d times", n, fired.Count())
	}
}

// Semantics 9: a detail that keeps failing costs only itself.
func TestADetailThatKeepsFailingCostsOnlyItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employers"), OutcomeComplete)
	victim := w.texts("SELECT employer_id FROM employerlink.employers ORDER BY 1 LIMIT 1")[0]
	// Six attempts, and six more at the end of the walk.
	fired := w.api.Inject(sandbox.Fault{Match: "/employers/" + victim, Kind: sandbox.HTML, Times: 12})
	report := w.sync(w.plan("employers"), OutcomePartial)
	if c := report.Walks[0].Counts; c.Rejected != 1 || c.Removed != 0 || c.Unchanged != 8 {
		t.Errorf("counts %+v", c)
	}
	reasons := w.texts("SELECT source_id || ' ' || reason FROM etl.rejects WHERE state = 'open'")
	if len(reasons) != 1 || !strings.HasPrefix(reasons[0], victim+" detail: status 502 (unavailable after") {
		t.Errorf("rejects %q", reasons)
	}
	if fired.Count() != 12 {
		t.Errorf("the fault fired %d times", fired.Count())
	}
	rejects, err := w.runner().Store.Rejects(t.Context(), "", false, 10)
	if err != nil {
		t.Fatal(err)
	}
	w.api.ResetLog()
	replay, err := w.runner().Replay(t.Context(), rejects, catalog(), nil)
	if err != nil || replay.Resolved != 1 || replay.Run.Walks[0].Counts.Fetched != 1 {
		t.Errorf("replay %+v, %v", replay, err)
	}
}

// Semantics 9: when many details fail in a row the API counts as unavailable; the next run completes the work.
func TestManyFailingDetailsInARowStopTheRunAndTheNextOneCompletesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	fired := w.api.Inject(sandbox.Fault{Match: "/employees/*", Kind: sandbox.StatusFault, Status: 503})
	report := w.sync(w.plan("employees"), OutcomeUnavailable)
	if fired.Count() < failuresInARow || report.Walks[0].State != load.WalkUnavailable {
		t.Errorf("fired %d times, walk %s", fired.Count(), report.Walks[0].State)
	}
	fired.Stop()
	if report = w.sync(w.plan("employees"), OutcomeComplete); !report.Resumed {
		t.Error("the run was not gone on with")
	}
	w.equalsSome("employerlink.employees", "employerlink.statements", "employerlink.employee_incomes")
}

// Semantics 12: refused credentials stop the whole run at once.
func TestRefusedCredentialsStopTheWholeRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.config.APISecret = "wrong"
	w.sync(w.plan(), OutcomeRefused)
	sent := 0
	for _, r := range w.api.Requests() {
		sent += int(r.Count)
	}
	if sent != 1 {
		t.Errorf("%d requests were sent with a wrong key, want 1", sent)
	}
	w.config.APISecret = "sandbox-secret"
	if report := w.sync(w.plan(), OutcomeComplete); !report.Resumed {
		t.Error("the run was not gone on with")
	}
}

// Semantics 8: two runs of the same resource exclude each other; single employers do not.
func TestTwoRunsOfTheSameResourceAndScopeExcludeEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	first := w.runner()
	held, err := first.Store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employers"}})
	if err != nil {
		t.Fatal(err)
	}
	w.sync(w.plan("employers", "payroll-runs"), OutcomeLocked)
	w.sync(w.plan("payroll-runs"), OutcomeComplete)
	if err := held.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
		t.Fatal(err)
	}
	w.sync(w.plan("employers", "payroll-runs"), OutcomeComplete)
	one, err := first.Store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employees"}, Scope: load.Scope{Employer: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	two, err := first.Store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employees"}, Scope: load.Scope{Employer: "b"}})
	if err != nil {
		t.Fatalf("another employer's run is refused: %v", err)
	}
	if _, err := first.Store.BeginRun(t.Context(), load.RunSpec{Resources: []string{"employees"}}); !errors.Is(err, load.ErrLocked) {
		t.Errorf("a run over everything beside one of an employer: %v", err)
	}
	for _, r := range []*load.Run{one, two} {
		if err := r.Finish(t.Context(), load.RunComplete, 0, ""); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADryRunCountsWhatWouldChangeAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan(), OutcomeComplete)
	w.api.AdvanceDay()
	before, runs := w.fingerprints(), w.number("SELECT count(*) FROM etl.runs")
	plan := w.plan()
	plan.DryRun, plan.ApproveRemovals = true, true
	dry := w.sync(plan, OutcomeComplete)
	if diff := cmp.Diff(before, w.fingerprints()); diff != "" || w.number("SELECT count(*) FROM etl.runs") != runs {
		t.Fatalf("a dry run wrote:\n%s", diff)
	}
	plan.DryRun = false
	wet := w.sync(plan, OutcomeComplete)
	for i := range wet.Walks {
		d, c := dry.Walks[i].Counts, wet.Walks[i].Counts
		if d.New != c.New || d.Changed != c.Changed || d.Removed != c.Removed || d.Returned != c.Returned {
			t.Errorf("%s: the dry run counted %+v, the run %+v", wet.Walks[i].Resource, d, c)
		}
	}
}

// Semantics 7: a run over one employer removes only what is gone of that employer.
func TestARunOverOneEmployerTouchesOnlyThatEmployer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Employees = 120 })
	w.sync(w.plan("employers", "employees", "payroll-runs"), OutcomeComplete)
	employer := w.texts("SELECT employer_id FROM employerlink.employees GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")[0]
	before := w.clock.Now()
	w.api.AdvanceDay()
	plan := w.plan("employers", "employees", "payroll-runs")
	plan.Employer, plan.ApproveRemovals = employer, true
	report := w.sync(plan, OutcomeComplete)
	for table, column := range map[string]string{"employers": "employer_id", "employees": "employer_id", "payroll_runs": "employer_id"} {
		strangers := w.number("SELECT count(*) FROM employerlink."+table+" WHERE (_synced_at > $1 OR _removed_at > $1) AND "+column+" <> $2", before, employer)
		if strangers != 0 {
			t.Errorf("%d rows of %s of other employers were touched", strangers, table)
		}
	}
	if report.Walks[0].Counts.Removed != 0 || report.Walks[0].Counts.Listed != 1 {
		t.Errorf("employers: %+v", report.Walks[0].Counts)
	}
}

// Semantics 6: nothing is overwritten for ever; yesterday's answer can be had today.
func TestAnAsOfQueryGivesYesterdaysAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees = 120 })
	w.sync(w.plan(), OutcomePartial)
	const live = `SELECT string_agg(x, ';' ORDER BY x) FROM (SELECT concat_ws('|', employee_id, income, pay_cycle) AS x FROM employerlink.employee_incomes WHERE _removed_at IS NULL
		UNION ALL SELECT concat_ws('|', employee_id, statement_id, net_amount) FROM employerlink.statements WHERE _removed_at IS NULL
		UNION ALL SELECT concat_ws('|', employee_id, statement_id, line_no, l.amount) FROM employerlink.statement_earnings l
			JOIN employerlink.statements s USING (employee_id, statement_id) WHERE s._removed_at IS NULL) q`
	const asOf = `SELECT string_agg(x, ';' ORDER BY x) FROM (
		SELECT concat_ws('|', employee_id, income, pay_cycle) AS x FROM (
			SELECT employee_id, income, pay_cycle, _synced_at AS f, _removed_at AS u FROM employerlink.employee_incomes
			UNION ALL SELECT employee_id, income, pay_cycle, _valid_from, _valid_to FROM history.employee_incomes) v WHERE f <= $1 AND (u IS NULL OR u > $1)
		UNION ALL SELECT concat_ws('|', employee_id, statement_id, net_amount) FROM (
			SELECT employee_id, statement_id, net_amount, _synced_at AS f, _removed_at AS u FROM employerlink.statements
			UNION ALL SELECT employee_id, statement_id, net_amount, _valid_from, _valid_to FROM history.statements) v WHERE f <= $1 AND (u IS NULL OR u > $1)
		UNION ALL SELECT concat_ws('|', employee_id, statement_id, line_no, amount) FROM (
			SELECT l.employee_id, l.statement_id, l.line_no, l.amount, s._synced_at AS f, s._removed_at AS u FROM employerlink.statement_earnings l JOIN employerlink.statements s USING (employee_id, statement_id)
			UNION ALL SELECT employee_id, statement_id, line_no, amount, _valid_from, _valid_to FROM history.statement_earnings) v WHERE f <= $1 AND (u IS NULL OR u > $1)) q`
	type night struct {
		at     any
		answer string
	}
	var nights []night
	for day := range 6 {
		if day > 0 {
			w.api.AdvanceDay()
			plan := w.plan()
			plan.ApproveRemovals = true
			w.sync(plan, OutcomePartial)
		}
		nights = append(nights, night{w.clock.Now(), w.texts(live)[0]})
	}
	if nights[0].answer == nights[5].answer {
		t.Fatal("nothing changed in five days")
	}
	for i, n := range nights {
		if got := w.texts(asOf, n.at)[0]; got != n.answer {
			t.Errorf("the answer as of night %d differs from the one that was given then", i)
		}
	}
}

// Semantics 8 and 12: a list that stays away does not keep the others from being read, night for night.
// Mutation: with away left out of walkAll it is red.
func TestAListThatStaysAwayCostsOnlyItsOwnWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	fired := w.api.Inject(sandbox.Fault{Match: "/payroll-runs", Kind: sandbox.StatusFault, Status: 503})
	report := w.sync(w.plan("employers", "employees", "payroll-runs"), OutcomeUnavailable)
	states := map[string]string{}
	for _, walk := range report.Walks {
		states[walk.Resource] = walk.State
	}
	if diff := cmp.Diff(map[string]string{"employers": load.WalkComplete, "employees": load.WalkComplete, "payroll-runs": load.WalkUnavailable}, states); diff != "" || fired.Count() == 0 {
		t.Errorf("fired %d times\n%s", fired.Count(), diff)
	}
	w.equalsSome("employerlink.employers", "employerlink.employees", "employerlink.statements")
	fired.Stop()
	w.api.ResetLog()
	if report = w.sync(w.plan("employers", "employees", "payroll-runs"), OutcomeComplete); !report.Resumed {
		t.Error("the run was not gone on with")
	}
	for _, r := range w.api.Requests() {
		if strings.HasPrefix(r.Route, "/employees") {
			t.Errorf("%s was asked for again", r.Route)
		}
	}
	w.equalsSome("employerlink.payroll_runs")
}
