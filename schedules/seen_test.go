package schedules

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// renumber numbers what is remembered anew, in another order.
func (w *world) renumber(order string) {
	w.t.Helper()
	if _, err := w.db.Exec(w.t.Context(), `DO $$ DECLARE o record; BEGIN
		FOR o IN SELECT resource, owner, source_id FROM etl.objects ORDER BY `+order+` LOOP
			UPDATE etl.objects SET number = DEFAULT WHERE resource = o.resource AND owner = o.owner AND source_id = o.source_id;
		END LOOP; END $$`); err != nil {
		w.t.Fatal(err)
	}
}

// Semantics 5 and 7: whatever the order in which a list names its objects, they are recognised and count as seen.
//
// Mutation: without lookUp nothing is recognised of a list that is turned round; with a stretch that goes on over what the list left out, nothing is removed.
func TestObjectsAreRecognisedInWhateverOrderTheListNamesThem(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]string{
		"turned round":              "number DESC",
		"without any":               "md5(source_id)",
		"some are numbered at last": "number % 7 < 3, number",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Employees = 60 })
			w.config.PageSize = 7
			first := counts(w.sync(w.plan(recognisable...), OutcomeComplete))
			w.renumber(order)
			w.blind()
			c := counts(w.sync(w.plan(recognisable...), OutcomeComplete))
			if c.Recognised != first.New || c.Unchanged != first.New || c.Removed+c.Rows != 0 {
				t.Errorf("of %d objects: %+v", first.New, c)
			}
			removed := int64(0)
			for range 2 { // some change, and some go
				w.api.AdvanceDay()
				plan := w.plan(recognisable...)
				plan.ApproveRemovals = true
				removed += counts(w.sync(plan, OutcomeComplete)).Removed
				w.renumber(order)
			}
			if removed == 0 {
				t.Error("nothing went: the world proves nothing")
			}
			plan := w.plan(recognisable...)
			plan.Reread = true
			w.sync(plan, OutcomeComplete) // what blind has made unequal
			w.equalsTruth()
			if n := w.number("SELECT count(*) FROM etl.walk_pages"); n != 0 {
				t.Errorf("%d rows are left in etl.walk_pages", n)
			}
		})
	}
}

// Semantics 5 and 7: what is recognised and does not stand, because somebody else took it away, is found out at the end of the walk, and
// read and written in the same run. What is forgotten while a walk is under way is not taken for gone.
//
// Mutation: without the comparison of bare in Complete the rows stay away; without that of told, objects are removed that were listed.
func TestWhatIsRecognisedAndDoesNotStandIsReadInTheSameRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ resource, table, sql string }{
		"a row was deleted":           {"employees", "employerlink.employees", "DELETE FROM employerlink.employees WHERE employee_id = (SELECT max(employee_id) FROM employerlink.employees)"},
		"a row was marked as removed": {"payroll-runs", "employerlink.payroll_runs", "UPDATE employerlink.payroll_runs SET _removed_at = now() WHERE payroll_run_id = (SELECT min(payroll_run_id) FROM employerlink.payroll_runs)"},
		"an account was deleted":      {"pay-link-accounts", "paylink.accounts", "DELETE FROM paylink.accounts WHERE account_id = (SELECT min(account_id) FROM paylink.accounts)"},
		"a task was deleted":          {"tasks", "paylink.tasks", "DELETE FROM paylink.tasks WHERE task_id = (SELECT min(task_id) FROM paylink.tasks)"},
		"a PayLink user was deleted":  {"pay-link-accounts", "paylink.accounts", "DELETE FROM paylink.users WHERE user_identifier = (SELECT min(user_identifier) FROM paylink.accounts)"},
		"all of them were deleted":    {"employer-deduction-types", "employerlink.employer_deduction_types", "DELETE FROM employerlink.employer_deduction_types"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tame)
			plan := w.plan(c.resource)
			first := counts(w.sync(plan, OutcomeComplete))
			users := w.number("SELECT count(*) FROM paylink.users")
			if tag, err := w.db.Exec(t.Context(), c.sql); err != nil || tag.RowsAffected() == 0 {
				t.Fatal(tag, err)
			}
			if c := counts(w.sync(plan, OutcomeComplete)); c.Rows == 0 || c.Removed != 0 || c.Listed != first.Listed {
				t.Errorf("of %d objects: %+v", first.New, c)
			}
			w.equalsTruth(c.table)
			if n := w.number("SELECT count(*) FROM paylink.users"); n != users {
				t.Errorf("%d users of %d", n, users)
			}
			if c := counts(w.sync(plan, OutcomeComplete)); c.Recognised != first.New || c.Rows != 0 {
				t.Errorf("the run after, of %d objects: %+v", first.New, c)
			}
		})
	}
	t.Run("what is remembered is deleted under the walk", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Employees = 120 })
		w.config.PageSize = 10
		first := counts(w.sync(w.plan("employees"), OutcomeComplete))
		r := w.runner()
		emptied := false
		r.Observe = func(p Progress) {
			if p.Counts.Pages == 3 && !emptied {
				emptied = true
				if _, err := w.db.Exec(context.WithoutCancel(t.Context()), "TRUNCATE etl.objects"); err != nil {
					t.Error(err)
				}
			}
		}
		report, err := r.Run(t.Context(), w.plan("employees"))
		if c := counts(report); err != nil || !emptied || report.Outcome != OutcomeComplete || c.Removed != 0 || c.Listed < first.New {
			t.Errorf("%v, emptied %t: %s", err, emptied, describe(report))
		}
		w.equalsTruth("employerlink.employees", "employerlink.employee_", "employerlink.statement")
	})
}

// Semantics 5: the list of a PayLink user is recognised as one, without a look at what stands in it, until something of it is written by
// anybody: then the same answer is read again.
//
// Mutation: without sameList's check the first part is red; with a list that is kept although it was written otherwise (stale in
// listsToKeep), the last ones.
func TestAListIsRecognisedAsOneUntilSomethingInItIsWritten(t *testing.T) {
	t.Parallel()
	another := sandbox.Fault{Kind: sandbox.Rewritten, Match: "/*/pay-link/accounts", Times: 1000, Rewrite: func(body []byte) []byte {
		return bytes.ReplaceAll(body, []byte(`"connected":true`), []byte(`"connected":false`))
	}}
	t.Run("as one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		first := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
		w.blind()
		c := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
		if c.Recognised != first.New || c.Listed != first.Listed || c.Rows != 0 || first.New == 0 {
			t.Errorf("first %+v\nsecond %+v", first, c)
		}
	})
	t.Run("and read whole where something in it changed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		first := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
		w.api.Inject(another)
		c := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
		in := w.number("SELECT count(*) FROM paylink.accounts WHERE user_identifier IN (SELECT user_identifier FROM history.accounts)")
		if c.Changed == 0 || c.Recognised != first.New-in || c.Unchanged != first.New-c.Changed || in == c.Changed {
			t.Errorf("of %d accounts %d are in lists with a change: %+v", first.New, in, c)
		}
	})
	for name, change := range map[string]func(w *world, plan *Plan){
		"a run that reads all anew wrote it": func(_ *world, plan *Plan) { plan.Reread = true },
		"a run over one user wrote it": func(w *world, plan *Plan) {
			plan.User = w.texts("SELECT min(user_identifier) FROM paylink.accounts WHERE connected")[0]
		},
		"a run of days, which remembers nothing, did": func(w *world, plan *Plan) { plan.From = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tame)
			w.sync(w.plan("pay-link-accounts"), OutcomeComplete)
			fault := w.api.Inject(another)
			plan := w.plan("pay-link-accounts")
			change(w, &plan)
			if c := counts(w.sync(plan, OutcomeComplete)); c.Changed == 0 {
				t.Fatalf("%+v", c)
			}
			fault.Stop()
			if c := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete)); c.Changed == 0 {
				t.Errorf("the answer of the first night again: %+v", c)
			}
			w.equalsTruth("paylink.accounts")
		})
	}
}

// Semantics 7: a user whom the API does not know for a night returns with all that the list held, and the list of that night is not
// taken for the one before.
//
// Mutation: without the lists in what remove forgets, the list is recognised at first and its walk begins anew.
func TestAUserWhoWasAwayForANightReturnsWithTheWholeList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("pay-link-accounts"), OutcomeComplete)
	user := w.texts("SELECT min(user_identifier) FROM paylink.accounts")[0]
	away := w.api.Inject(sandbox.Fault{Kind: sandbox.StatusFault, Status: 404, Match: "/" + user + "/pay-link/accounts"})
	plan := w.plan("pay-link-accounts")
	plan.ApproveRemovals = true
	gone := counts(w.sync(plan, OutcomeComplete))
	if away.Count() != 1 || gone.Removed == 0 {
		t.Fatalf("%d times away: %+v", away.Count(), gone)
	}
	away.Stop()
	c := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
	if c.Returned != gone.Removed || c.Requests != gone.Requests {
		t.Errorf("%d were gone: %+v", gone.Removed, c)
	}
	w.equalsTruth("paylink.account")
}

// Semantics 7: what a guard keeps is gone for the next walk, too, although it recognises the list without it.
func TestWhatAGuardKeptStaysGoneForAListThatIsRecognised(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	first := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
	w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/*/pay-link/accounts", Rewrite: func([]byte) []byte { return []byte(`{"accounts":[]}`) }})
	for range 2 {
		report := w.sync(w.plan("pay-link-accounts"), OutcomeGuarded)
		if g := report.Walks[0].Guarded; g == nil || g.Live != first.New || g.Gone != first.New {
			t.Errorf("%+v of %d", g, first.New)
		}
	}
	plan := w.plan("pay-link-accounts")
	plan.ApproveRemovals = true
	if c := counts(w.sync(plan, OutcomeComplete)); c.Removed != first.New {
		t.Errorf("%+v of %d", c, first.New)
	}
	if n := w.number("SELECT coalesce(sum(cardinality(holds)), 0) FROM etl.objects"); n != 0 {
		t.Errorf("%d removed accounts are remembered", n)
	}
}
