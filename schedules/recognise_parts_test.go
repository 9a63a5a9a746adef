package schedules

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// lightly are the projections of a run between two nights.
var lightly = []string{"income", "employment"}

// Semantics 5 (T8): runs that ask for all of an employee and runs that ask for a part recognise what they asked for themselves, in
// whatever order the part is named, and one that read something new makes the others read it.
//
// Mutation: without part in the key of etl.objects the first part is red; with butThis for all parts, the second.
func TestARunRecognisesWhatARunLikeItAskedFor(t *testing.T) {
	t.Parallel()
	night := func(w *world) Plan { return w.plan("employees") }
	day := func(w *world, include ...string) Plan {
		plan := w.plan("employees")
		plan.Include = include
		return plan
	}
	t.Run("as long as nothing changes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		first := counts(w.sync(night(w), OutcomeComplete))
		if c := counts(w.sync(day(w, lightly...), OutcomeComplete)); c.Recognised != 0 || c.Unchanged != first.New {
			t.Errorf("the first light run: %+v", c)
		}
		w.blind()
		for name, plan := range map[string]Plan{"light": day(w, lightly...), "turned round": day(w, lightly[1], lightly[0]), "nightly": night(w)} {
			if c := counts(w.sync(plan, OutcomeComplete)); c.Recognised != first.New || c.Rows != 0 || first.New == 0 {
				t.Errorf("%s, of %d: %+v", name, first.New, c)
			}
		}
	})
	t.Run("until one writes something else", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		w.sync(night(w), OutcomeComplete)
		w.sync(day(w, lightly...), OutcomeComplete)
		victim := w.texts("SELECT min(employee_id) FROM employerlink.employee_employments WHERE job_title IS NOT NULL")[0]
		another := w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/employees/" + victim, Rewrite: func(body []byte) []byte {
			return bytes.Replace(body, []byte(`"jobTitle":"`), []byte(`"jobTitle":"Another `), 1)
		}})
		if c := counts(w.sync(day(w, lightly...), OutcomeComplete)); c.Changed != 1 {
			t.Fatalf("%d times another: %+v", another.Count(), c)
		}
		another.Stop()
		if c := counts(w.sync(night(w), OutcomeComplete)); c.Changed != 1 || c.Recognised != c.Listed-1 {
			t.Errorf("the answer of the night before again: %+v", c)
		}
		w.equalsTruth("employerlink.employee")
	})
}

// Semantics 9: what is remembered of an object stays true while its detail cannot be had, as nothing is written for it then. Asked for
// once more at the end of the list it is recognised, and its list is not read anew for it.
//
// Mutation: with what is forgotten in remember whatever became of it, both parts are red.
func TestADetailThatCouldNotBeHadForAWhileIsRecognisedAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.config.PageSize = 5
	first := counts(w.sync(w.plan("employees"), OutcomeComplete))
	victim := w.texts("SELECT min(employee_id) FROM employerlink.employees")[0]
	away := w.api.Inject(sandbox.Fault{Match: "/employees/" + victim, Kind: sandbox.StatusFault, Status: 500, Times: 6})
	c := counts(w.sync(w.plan("employees"), OutcomeComplete))
	if away.Count() != 6 || c.Recognised != first.New || c.Requests != first.Requests+6 || c.Rejected+c.Rows != 0 {
		t.Errorf("away for a while, %d times: first %+v\nthen %+v", away.Count(), first, c)
	}
	away = w.api.Inject(sandbox.Fault{Match: "/employees/" + victim, Kind: sandbox.StatusFault, Status: 500})
	if c := counts(w.sync(w.plan("employees"), OutcomePartial)); c.Recognised != first.New-1 || c.Rejected != 1 || c.Listed != first.Listed {
		t.Errorf("away for the night: %+v", c)
	}
	away.Stop()
	if c := counts(w.sync(w.plan("employees"), OutcomeComplete)); c.Recognised != first.New || c.Requests != first.Requests {
		t.Errorf("back: %+v", c)
	}
	if n := w.number("SELECT count(*) FROM etl.rejects WHERE state = 'open'"); n != 0 {
		t.Errorf("%d rejects are open", n)
	}
}

// Semantics 7 and 8: a walk that is gone on with has passed a part of its list before another run was there, and does not take for gone
// what that one has found there. Rejects that the other one met are not closed either.
//
// Mutation: with later always false in standingSQL objects are removed; without the condition on resumed in Complete the reject is closed.
func TestAWalkThatIsGoneOnWithRemovesNothingThatAnotherRunHasFoundMeanwhile(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]struct {
		resource string
		older    bool
	}{
		"a later run":                      {resource: "employees"},
		"one that began earlier, later on": {resource: "employees", older: true},
		"of tasks":                         {resource: "tasks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Users = 30 })
			w.config.PageSize = 5
			stopAfter := func(plan Plan, pages int64) {
				t.Helper()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r := w.runner()
				r.Observe = func(p Progress) {
					if p.Counts.Pages == pages {
						cancel()
					}
				}
				if report, _ := r.Run(ctx, plan); report.Outcome != OutcomeInterrupted {
					t.Fatal(describe(report))
				}
			}
			one, other := w.plan(order.resource), w.plan(order.resource)
			one.Job, other.Job = "one", "other"
			if order.older {
				stopAfter(other, 1)
				if _, err := w.db.Exec(t.Context(), "UPDATE etl.walks SET state = 'failed'"); err != nil { // reads its list anew
					t.Fatal(err)
				}
			}
			hide := sandbox.Fault{Kind: sandbox.EmptyPage, Match: "/employees", Times: 1, Skip: 1}
			if order.resource == "tasks" {
				hide = sandbox.Fault{Kind: sandbox.EmptyList, Match: "/user/*/tasks", Times: 5}
			}
			hidden := w.api.Inject(hide)
			stopAfter(one, 3)
			hidden.Stop()
			odd := w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/employees/*", Times: 1, Rewrite: func(body []byte) []byte {
				return bytes.Replace(body, []byte(`"statements":[`), []byte(`"statements":["none",`), 1)
			}})
			want := OutcomeComplete
			if order.resource == "employees" {
				want = OutcomePartial
			}
			found := counts(w.sync(other, want))
			report := w.sync(one, OutcomeComplete)
			if c := counts(report); !report.Resumed || c.Removed != 0 || found.New+found.Changed == 0 || hidden.Count() == 0 {
				t.Errorf("%d lists were hidden, the other run did %+v\nresumed %t: %+v", hidden.Count(), found, report.Resumed, c)
			}
			w.equalsTruth(map[string]string{"employees": "employerlink.employees", "tasks": "paylink.tasks"}[order.resource])
			if n := w.number("SELECT count(*) FROM etl.rejects WHERE state = 'open'"); n != int64(odd.Count()) {
				t.Errorf("%d rejects are open, and %d answers were odd", n, odd.Count())
			}
		})
	}
}

// Semantics 9: the reject of a user's list is closed by whoever has read it since, a run over this user alone as well.
// Mutation: without the users whose lists were answered in settle it is red.
func TestTheRejectOfAListIsClosedWhenItIsReadByWhomever(t *testing.T) {
	t.Parallel()
	for _, resource := range []string{"pay-link-accounts", "tasks"} {
		t.Run(resource, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tame)
			user := w.api.UserIdentifiers()[3]
			away := w.api.Inject(sandbox.Fault{Kind: sandbox.StatusFault, Status: 500, Match: "*/" + user + "/*"})
			w.sync(w.plan(resource), OutcomePartial)
			open := "SELECT count(*) FROM etl.rejects WHERE state = 'open' AND source_id = ''"
			if n := w.number(open); n != 1 || away.Count() == 0 {
				t.Fatalf("%d rejects are open", n)
			}
			away.Stop()
			plan := w.plan(resource)
			plan.User = user
			w.sync(plan, OutcomeComplete)
			if n := w.number(open); n != 0 {
				t.Errorf("%d rejects are open", n)
			}
		})
	}
}

// Semantics 8 and 12: a run that comes due goes on with an unfinished one of its job, and reads anew what that one had read before then.
// One for the same time does not. Mutation: without notBefore in Walk the third part of it is red.
func TestARunThatComesDueReadsAnewWhatWasReadBeforeThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employers", "employees"), OutcomeComplete)
	away := w.api.Inject(sandbox.Fault{Match: "/payroll-runs*", Kind: sandbox.StatusFault, Status: 503})
	plan := w.plan("employers", "employees", "payroll-runs")
	plan.NoDocuments = true
	plan.NotBefore = w.clock.Now()
	w.sync(plan, OutcomeUnavailable)
	w.api.AdvanceDay()
	asked := func() (n int64) {
		for _, r := range w.api.Requests() {
			if r.Route == "/employees/{id}" {
				n += r.Count
			}
		}
		return n
	}
	before := asked()
	if report := w.sync(plan, OutcomeUnavailable); !report.Resumed || asked() != before {
		t.Errorf("tried again, employees were asked for %d times more", asked()-before)
	}
	away.Stop()
	plan.NotBefore, plan.ApproveRemovals = w.clock.Now(), true
	report := w.sync(plan, OutcomeComplete)
	if c := counts(report); !report.Resumed || asked() == before || c.Changed == 0 {
		t.Errorf("%+v", c)
	}
	w.equalsTruth("employerlink.employers", "employerlink.employee_", "employerlink.payroll_runs")
}

// Semantics 7: a removal that was stopped in a run which did not come to its end is approved by the run that goes on with it.
// Mutation: without approved in Walk it is red.
func TestAnApprovalReachesTheGuardedWalkOfAnUnfinishedRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	first := counts(w.sync(w.plan("employers"), OutcomeComplete))
	w.sync(w.plan("payroll-runs"), OutcomeComplete)
	w.api.Inject(sandbox.Fault{Match: "/employers", Kind: sandbox.EmptyList})
	away := w.api.Inject(sandbox.Fault{Match: "/payroll-runs*", Kind: sandbox.StatusFault, Status: 503})
	plan := w.plan("employers", "payroll-runs")
	plan.NoDocuments = true
	w.sync(plan, OutcomeUnavailable)
	away.Stop()
	if states := w.texts("SELECT state FROM etl.walks ORDER BY walk_id DESC LIMIT 2"); !slices.Contains(states, "guarded") {
		t.Fatalf("walks %q", states)
	}
	plan.ApproveRemovals = true
	report := w.sync(plan, OutcomeComplete)
	if c := counts(report); !report.Resumed || c.Removed != first.New {
		t.Errorf("of %d employers %+v", first.New, c)
	}
}

// Semantics 7: where nobody is named, nothing is known of anybody: no reject is closed, and PayLink is no fresher for it.
// Mutation: without the users in readToItsEnd it is red.
func TestAWalkThatAskedNobodyTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	user := w.api.UserIdentifiers()[3]
	w.api.Inject(sandbox.Fault{Kind: sandbox.StatusFault, Status: 500, Match: "*/" + user + "/*"})
	w.sync(w.plan("pay-link-accounts", "tasks"), OutcomePartial)
	told := func() []string {
		return w.texts("SELECT resource || ' ' || last_complete_at FROM etl.freshness UNION ALL SELECT resource || ' ' || state FROM etl.rejects ORDER BY 1")
	}
	before := told()
	plan := w.plan("pay-link-accounts", "tasks")
	plan.Users = func(context.Context) ([]string, error) { return nil, nil }
	if report := w.sync(plan, OutcomeComplete); !report.NoUsers || counts(report).Removed != 0 {
		t.Error(describe(report))
	}
	if after := told(); len(before) < 4 || !slices.Equal(before, after) {
		t.Errorf("before %q\nafter %q", before, after)
	}
}

// What a run does not ask for it cannot find mended, and it makes nothing of it current.
// Mutations: with ofWhatWasAsked true in queueRejects or in Complete, without its first and its last condition, and without narrowed in
// etl.freshness, it is red.
func TestARunThatAsksForLessClosesNoRejectOfTheRestAndMakesItNoFresher(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	broken := w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/employees/*", Times: 1, Rewrite: func(body []byte) []byte {
		return bytes.Replace(body, []byte(`"statements":[`), []byte(`"statements":7,"other":[`), 1)
	}})
	refused := w.api.Inject(sandbox.Fault{Kind: sandbox.StatusFault, Status: 422, Match: "/employees/*", Times: 1, When: func(r *http.Request) bool {
		return strings.Count(r.URL.Path, "/") == 2
	}})
	w.sync(w.plan("employees"), OutcomePartial)
	if broken.Count() != 1 || refused.Count() != 1 {
		t.Fatalf("fired %d and %d times", broken.Count(), refused.Count())
	}
	told := func() []string {
		return w.texts("SELECT last_complete_at::text FROM etl.freshness UNION ALL SELECT place || ' ' || state FROM etl.rejects ORDER BY 1")
	}
	before := told()
	if diff := cmp.Diff([]string{" open", before[1], "statements open"}, before); diff != "" {
		t.Fatal(diff)
	}
	less := w.plan("employees")
	less.Include, less.LeftOut, less.Narrowed = []string{"identity", "income"}, []string{"statements", "taxes"}, true
	for _, reread := range []bool{false, true} {
		less.Reread = reread
		w.sync(less, OutcomeComplete)
		if diff := cmp.Diff(before, told()); diff != "" {
			t.Error(diff)
		}
	}
	// What it meets itself, and loads before it ends, is its own.
	victims := w.texts("SELECT employee_id FROM employerlink.employees WHERE employee_id NOT IN (SELECT source_id FROM etl.rejects) ORDER BY 1 LIMIT 1")
	w.config.PageSize = 5
	passing := w.api.Inject(sandbox.Fault{Kind: sandbox.StatusFault, Status: 500, Match: "/employees/" + victims[0], Times: 6})
	w.sync(less, OutcomeComplete)
	if n := w.number("SELECT count(*) FROM etl.rejects WHERE state = 'resolved' AND source_id = $1", victims[0]); n != 1 || passing.Count() != 6 {
		t.Errorf("%d of its own rejects are closed, fired %d times", n, passing.Count())
	}
	after := told()
	w.sync(w.plan("employees"), OutcomeComplete)
	if diff := cmp.Diff([]string{" resolved", " resolved", told()[2], "statements resolved"}, told()); diff != "" || told()[2] <= before[1] || after[2] != before[1] {
		t.Errorf("%q, %q\n%s", before, after, diff)
	}
	w.equalsSome("employerlink.employees", "employerlink.statements")
}

// What nobody asks for any more is not waited for.
func TestRejectsOfWhatNobodyAsksForAnyMoreAreClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	broken := w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/employees/*", Times: 1, Rewrite: func(body []byte) []byte {
		return bytes.Replace(body, []byte(`"statements":[`), []byte(`"statements":7,"other":[`), 1)
	}})
	w.sync(w.plan("employees"), OutcomePartial)
	plan := w.plan("employees")
	plan.Include = []string{"identity", "income"}
	w.sync(plan, OutcomeComplete)
	if n := w.number("SELECT count(*) FROM etl.rejects WHERE state = 'resolved' AND place = 'statements'"); n != 1 || broken.Count() != 1 {
		t.Errorf("%d rejects are closed", n)
	}
}
