package schedules

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load"
)

// Section 6 (backfill --employees): the list is read, details only of these, and the others are neither written nor removed.
// Mutation: without plan.limit in Runner.run it is red.
func TestARunOverSomeObjectsReadsTheirDetailsOnlyAndRemovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employees"), OutcomeComplete)
	ids := w.texts("SELECT employee_id FROM employerlink.employees ORDER BY 1 LIMIT 3")
	if _, err := w.db.Exec(t.Context(), "UPDATE employerlink.employees SET _row_hash = '\\x00'"); err != nil { // as if every row were another one now
		t.Fatal(err)
	}
	before := w.texts("SELECT employee_id || xmin FROM employerlink.employees WHERE employee_id <> ALL($1) ORDER BY 1", ids)
	plan := w.plan("employees")
	plan.Job, plan.IDs, plan.Selection = "backfill", append(slices.Clone(ids), "nobody"), "of=1"
	w.api.ResetLog()
	report := w.sync(plan, OutcomeComplete)
	if c := report.Walks[0].Counts; c.Fetched != 3 || c.Listed != 3 || c.Removed != 0 {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff(before, w.texts("SELECT employee_id || xmin FROM employerlink.employees WHERE employee_id <> ALL($1) ORDER BY 1", ids)); diff != "" {
		t.Error(diff)
	}
	if job := w.texts("SELECT job FROM etl.runs ORDER BY run_id DESC LIMIT 1")[0]; job != "backfill of=1" {
		t.Errorf("the run is called %q", job)
	}
	if n := w.number("SELECT count(*) FROM etl.walks WHERE filtered"); n != 1 {
		t.Errorf("%d walks are marked as partial", n)
	}
}

// Semantics 8 (backfill --resume): a run that is named is gone on with, and no other in its place.
// Mutation: without the run's id in the condition of Run.begin it is red.
func TestARunThatIsNamedIsGoneOnWithAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	stop := func(plan Plan) int64 {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := w.runner()
		r.Observe = func(p Progress) {
			if p.Counts.Pages == 1 {
				cancel()
			}
		}
		report, err := r.Run(ctx, plan)
		if report.Outcome != OutcomeInterrupted {
			t.Fatalf("%v\n%s", err, describe(report))
		}
		return report.RunID
	}
	w.config.PageSize = 5
	plan := w.plan("employees")
	plan.Job, plan.From = "backfill", time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	first := stop(plan)
	resume := func(plan Plan, run int64) (*Report, error) {
		plan.Resume = run
		return w.runner().Run(t.Context(), plan)
	}
	other := plan
	other.From = other.From.AddDate(0, 0, 1)
	for what, attempt := range map[string]func() (*Report, error){
		"other days":  func() (*Report, error) { return resume(other, first) },
		"another run": func() (*Report, error) { return resume(plan, first+100) },
	} {
		if _, err := attempt(); !errors.Is(err, load.ErrNotResumable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// By its number it is gone on with however old it is: nothing is removed for what it did not see.
	w.number("WITH u AS (UPDATE etl.runs SET started_at = started_at - interval '9 days' RETURNING 1) SELECT count(*) FROM u")
	report, err := resume(plan, first)
	if err != nil || report.RunID != first || !report.Resumed || report.Outcome != OutcomeComplete {
		t.Fatalf("run %d instead of %d: %v\n%s", report.RunID, first, err, describe(report))
	}
	if _, err := resume(plan, first); !errors.Is(err, load.ErrNotResumable) {
		t.Errorf("a run that is complete: %v", err)
	}
}

// What an estimate says is known is what a run over the same part then meets. Mutation: without the days in Store.countRows it
// is red.
func TestWhatIsKnownOfAPartIsWhatARunOverItMeets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan(), OutcomeComplete)
	store := w.runner().Store
	employer := w.texts("SELECT employer_id FROM employerlink.employees GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")[0]
	days := w.texts(`SELECT d::text FROM (SELECT DISTINCT pay_date AS d FROM employerlink.statements JOIN employerlink.employees USING (employee_id)
		WHERE employer_id = $1) x ORDER BY 1`, employer)
	from, _ := time.Parse(time.DateOnly, days[len(days)/3])
	until, _ := time.Parse(time.DateOnly, days[2*len(days)/3])
	known := func(resource string, part load.Part) load.Known {
		t.Helper()
		k, err := store.Known(t.Context(), catalog(resource)[0], part, true)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	rows := w.number(`SELECT (SELECT count(*) FROM employerlink.statements s JOIN employerlink.employees e USING (employee_id)
			WHERE employer_id = $1 AND pay_date BETWEEN $2 AND $3)
		+ (SELECT count(*) FROM employerlink.statement_earnings JOIN employerlink.statements s USING (employee_id, statement_id)
			JOIN employerlink.employees e USING (employee_id) WHERE employer_id = $1 AND pay_date BETWEEN $2 AND $3)
		+ (SELECT count(*) FROM employerlink.statement_deductions JOIN employerlink.statements s USING (employee_id, statement_id)
			JOIN employerlink.employees e USING (employee_id) WHERE employer_id = $1 AND pay_date BETWEEN $2 AND $3)
		+ (SELECT count(*) FROM employerlink.statement_net_amount_adjustments JOIN employerlink.statements s USING (employee_id, statement_id)
			JOIN employerlink.employees e USING (employee_id) WHERE employer_id = $1 AND pay_date BETWEEN $2 AND $3)`, employer, from, until)
	people := w.number("SELECT count(*) FROM employerlink.employees WHERE employer_id = $1", employer)
	got := known("employees", load.Part{Employer: employer, From: from, Until: until, Include: []string{"statements"}})
	if diff := cmp.Diff(load.Known{Listed: people, Objects: people, Rows: rows}, got); diff != "" || rows == 0 {
		t.Error(diff)
	}
	runs := w.number("SELECT count(*) FROM employerlink.payroll_runs WHERE check_date >= $1", until)
	if got := known("payroll-runs", load.Part{From: until}); got.Objects != runs || got.Rows != runs || got.Files != runs || got.Listed <= runs || runs == 0 {
		t.Errorf("%+v, %d runs", got, runs)
	}
	user := w.texts("SELECT user_identifier FROM paylink.tasks GROUP BY 1 HAVING count(*) > count(DISTINCT task_id) ORDER BY 1 LIMIT 1")
	tasks := w.number("SELECT count(DISTINCT task_id) FROM paylink.tasks WHERE user_identifier = $1", user[0])
	if got := known("tasks", load.Part{Users: user}); got.Objects != tasks || got.Rows <= tasks {
		t.Errorf("%+v, %d tasks", got, tasks)
	}
	all := known("employees", load.Part{})
	if want := w.number(`SELECT (SELECT count(*) FROM employerlink.employees) + (SELECT count(*) FROM employerlink.employee_identities)
		+ (SELECT count(*) FROM employerlink.employee_employments) + (SELECT count(*) FROM employerlink.employee_incomes) + (SELECT count(*) FROM employerlink.deposit_accounts)
		+ (SELECT count(*) FROM employerlink.statements) + (SELECT count(*) FROM employerlink.statement_earnings) + (SELECT count(*) FROM employerlink.statement_deductions)
		+ (SELECT count(*) FROM employerlink.statement_net_amount_adjustments) + (SELECT count(*) FROM employerlink.taxes) + (SELECT count(*) FROM employerlink.timesheets)`); all.Rows != want {
		t.Errorf("%d rows are known of employees, %d stand", all.Rows, want)
	}
	for _, resource := range []string{"employees", "employers"} {
		pace, err := store.Pace(t.Context(), resource)
		if err != nil || pace.Walks != 1 || pace.CallsPerSecond <= 0 || pace.Other {
			t.Errorf("%s: %+v, %v", resource, pace, err)
		}
	}
	if pace, err := store.Pace(t.Context(), "nothing"); err != nil || pace.Walks != 7 || !pace.Other {
		t.Errorf("%+v, %v", pace, err)
	}
}
