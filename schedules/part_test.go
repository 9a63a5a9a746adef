package schedules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// Semantics 4: a projection that was not asked for leaves what is stored untouched.
func TestAProjectionThatWasNotAskedForLeavesWhatIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employees"), OutcomeComplete)
	before := w.fingerprints()
	w.api.AdvanceDay()
	plan := w.plan("employees")
	plan.Include = []string{"income"}
	plan.ApproveRemovals = true
	report := w.sync(plan, OutcomeComplete)
	if report.Walks[0].Counts.Changed+report.Walks[0].Counts.New == 0 {
		t.Fatal("no employee changed: the day shows nothing")
	}
	// New and removed employees touch their own rows; those who stayed keep what was not asked for.
	for _, table := range []string{"employee_identities", "employee_employments", "deposit_accounts", "statements", "taxes", "timesheets"} {
		written := w.number("SELECT count(*) FROM employerlink."+table+" WHERE _run_id = $1", report.RunID)
		if written != 0 {
			t.Errorf("%d rows of %s were written by a run that asked for income alone", written, table)
		}
	}
	for _, table := range []string{"statement_deductions", "statement_earnings", "statement_net_amount_adjustments"} {
		if after := w.fingerprints()["employerlink."+table]; after != before["employerlink."+table] {
			t.Errorf("%s was written by a run that asked for income alone", table)
		}
	}
}

// Semantics 4: asking for less over an unchanged world writes nothing, not even where unknown fields are kept.
func TestAskingForLessOverAnUnchangedWorldWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees = 240 })
	w.sync(w.plan("employees"), OutcomePartial)
	if n := w.number("SELECT count(*) FROM employerlink.employees WHERE _extra IS NOT NULL"); n == 0 {
		t.Fatal("no employee has an unknown field: there is nothing to lose")
	}
	before := w.fingerprints()
	for _, projection := range catalog("employees")[0].Projections {
		plan := w.plan("employees")
		plan.Include = []string{projection}
		if projection == "statements" { // the sandbox repeats an SSN in them only beside the identity
			plan.Include = append(plan.Include, "identity")
		}
		w.sync(plan, OutcomePartial)
	}
	if diff := cmp.Diff(before, w.fingerprints()); diff != "" {
		t.Errorf("rows were written or locked:\n%s", diff)
	}
}

// Semantics 4: a projection that was asked for and is empty is empty.
func TestAProjectionThatWasAskedForAndIsEmptyIsEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	plan := w.plan("employees")
	plan.Include = []string{"statements"}
	w.sync(plan, OutcomeComplete)
	if n := w.number("SELECT count(*) FROM employerlink.employee_identities"); n != 0 {
		t.Errorf("%d identities although none was asked for", n)
	}
	if n := w.number("SELECT count(*) FROM employerlink.statements"); n == 0 {
		t.Error("no statements although they were asked for")
	}
}

// Semantics 5: reading one user, or replaying rejects, over an unchanged world writes nothing; not even companies, of which
// each of several accounts may say something else.
func TestReadingAPartOfAnUnchangedWorldWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Users = 60 })
	w.sync(w.plan(), OutcomePartial)
	before := w.fingerprints()
	for _, user := range w.texts("SELECT user_identifier FROM paylink.users ORDER BY 1") {
		plan := w.plan("pay-link-accounts", "tasks")
		plan.User = user
		r := w.runner()
		if report, err := r.Run(t.Context(), plan); err != nil {
			t.Fatalf("%s %v", report.Outcome, err)
		}
		r.Store.Close()
	}
	rejects, err := w.runner().Store.Rejects(t.Context(), "", false, 1000)
	if err != nil || len(rejects) == 0 {
		t.Fatalf("%d rejects, %v", len(rejects), err)
	}
	if _, err := w.runner().Replay(t.Context(), rejects, catalog(), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, w.fingerprints()); diff != "" {
		t.Errorf("rows were written or locked:\n%s", diff)
	}
}
