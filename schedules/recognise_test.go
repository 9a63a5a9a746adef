package schedules

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// recognisable are the resources whose objects can be recognised.
var recognisable = []string{"employers", "employees", "employer-documents", "employer-deduction-types", "payroll-runs", "pay-link-accounts", "tasks"}

// blind makes it impossible to compare: every row would look changed to whoever looked. So a run that finds all unchanged has
// not looked.
func (w *world) blind() {
	w.t.Helper()
	for _, table := range []string{"employerlink.employers", "employerlink.employees", "employerlink.employer_documents",
		"employerlink.employer_deduction_types", "employerlink.payroll_runs", "employerlink.statements", "paylink.accounts", "paylink.tasks"} {
		if _, err := w.db.Exec(w.t.Context(), "UPDATE "+table+" SET _row_hash = '\\x00'"); err != nil {
			w.t.Fatal(err)
		}
	}
}

func counts(r *Report) (sum load.Counts) {
	for _, walk := range r.Walks {
		sum.Add(walk.Counts)
	}
	return sum
}

// Semantics 5 and 7: an object whose answer is the one before is neither read nor compared, and yet counts as seen.
// Mutation: without the places of recognised objects in settle they are removed; without sameAnswer nothing is recognised.
func TestAnObjectWhoseAnswerIsTheSameIsNotReadAgainAndStaysSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	first := counts(w.sync(w.plan(recognisable...), OutcomeComplete))
	w.blind()
	second := counts(w.sync(w.plan(recognisable...), OutcomeComplete))
	if second.Recognised != first.New || second.Unchanged != first.New || second.Changed+second.Removed+second.New+second.Rows != 0 {
		t.Errorf("of %d objects: %+v", first.New, second)
	}
	w.equalsTruth()
	plan := w.plan(recognisable...)
	plan.Reread = true
	if third := counts(w.sync(plan, OutcomeComplete)); third.Recognised != 0 || third.Changed != first.New {
		t.Errorf("a run that reads all anew: %+v", third)
	}
}

// Semantics 5 (T26): where the retrieval time moved alone, it is refreshed in place, and nothing else is read or written.
// Mutation: with the volatile member left in the print it is red, and without refreshSame.
func TestARetrievalTimeThatMovesAloneIsRefreshedWithoutReadingTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.UpdatedAtMoves = true })
	w.sync(w.plan("employees"), OutcomeComplete)
	w.sync(w.plan("employees"), OutcomeComplete) // reads all once more: only an object that was known before is looked at twice
	w.blind()
	before := w.texts("SELECT atomic_updated_at::text FROM employerlink.employees ORDER BY employee_id")
	report := counts(w.sync(w.plan("employees"), OutcomeComplete))
	if report.Recognised == 0 || report.Recognised != report.Unchanged || report.Changed != 0 || report.Rows != report.Recognised {
		t.Errorf("%+v", report)
	}
	for i, moved := range w.texts("SELECT atomic_updated_at::text FROM employerlink.employees ORDER BY employee_id") {
		if moved <= before[i] {
			t.Fatalf("employee %d was retrieved at %s, and before at %s", i, moved, before[i])
		}
	}
	if n := w.number("SELECT count(*) FROM history.employees"); n != 0 {
		t.Errorf("%d versions in history say nothing but another retrieval time", n)
	}
}

// Semantics 7 and 9: what was removed is read when it returns; what was rejected is read until it is whole; what was read in part is
// not recognised as a whole. Mutation: without "t._removed_at IS NULL" in recallObjectsSQL the first part is red, without the
// condition on Rejects in remember the second.
func TestOnlyAnObjectThatStandsWholeIsRecognised(t *testing.T) {
	t.Parallel()
	t.Run("one that returned is read", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		w.sync(w.plan("employers"), OutcomeComplete)
		w.api.Inject(sandbox.Fault{Match: "/employers", Kind: sandbox.EmptyList, Times: 1})
		plan := w.plan("employers")
		plan.ApproveRemovals = true
		w.sync(plan, OutcomeComplete)
		if c := counts(w.sync(w.plan("employers"), OutcomeComplete)); c.Recognised != 0 || c.Returned != 9 {
			t.Errorf("%+v", c)
		}
		w.equalsTruth("employerlink.employers", "employerlink.employer_locations")
		if c := counts(w.sync(w.plan("employers"), OutcomeComplete)); c.Recognised != 9 {
			t.Errorf("the run after: %+v", c)
		}
	})
	t.Run("one with rejects is read", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		w.api.Inject(sandbox.Fault{Kind: sandbox.Rewritten, Match: "/employees/*", Rewrite: func(body []byte) []byte {
			return bytes.Replace(body, []byte(`"statements":[`), []byte(`"statements":["none",`), 1)
		}})
		first := counts(w.sync(w.plan("employees"), OutcomePartial))
		second := counts(w.sync(w.plan("employees"), OutcomePartial))
		if first.Rejected == 0 || first.New < first.Rejected || second.Rejected != first.Rejected || second.Recognised != first.New-first.Rejected {
			t.Errorf("first %+v\nsecond %+v", first, second)
		}
		if n := w.number("SELECT count(*) FROM etl.rejects WHERE state = 'open'"); n != first.Rejected {
			t.Errorf("%d rejects are open, and %d were met", n, first.Rejected)
		}
	})
	t.Run("another projection is another answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		plan := w.plan("employees")
		plan.Include = []string{"employment"}
		w.sync(plan, OutcomeComplete)
		if c := counts(w.sync(w.plan("employees"), OutcomeComplete)); c.Recognised != 0 {
			t.Errorf("%+v", c)
		}
		w.equalsTruth("employerlink.employee_", "employerlink.statement")
	})
	t.Run("another key of tokens reads all anew", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		w.sync(w.plan("employees"), OutcomeComplete)
		r := w.runner()
		r.Printer, r.Sealer = transform.NewPrinter("sandbox-secret", "another"), transform.NewSealer([]byte("another key, which makes others."))
		report, err := r.Run(t.Context(), w.plan("employees"))
		if err != nil || counts(report).Recognised != 0 || counts(report).Changed == 0 {
			t.Errorf("%v %+v", err, counts(report))
		}
	})
}

// Section 5: digests of answers with few possible secrets in them could be tried out; without the key they cannot.
// Mutation: with sha256.New in place of the HMAC in ResourcePrinter.start it is red.
func TestWhatIsRememberedTellsNothingWithoutItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employees"), OutcomeComplete)
	sql := "SELECT encode(listed, 'hex') || encode(whole, 'hex') FROM etl.objects ORDER BY source_id"
	before := w.texts(sql)
	r := w.runner()
	r.Printer = transform.NewPrinter("another secret")
	if report, err := r.Run(t.Context(), w.plan("employees")); err != nil {
		t.Fatal(err, describe(report))
	}
	for i, other := range w.texts(sql) {
		if other == before[i] {
			t.Fatalf("object %d has the same digests under another key", i)
		}
	}
}

// The setting details: what seems unchanged is not asked for, and what may have changed is.
// Mutation: each condition of memory.spare, left out, turns one part red.
func TestADetailIsSparedOnlyWhileNothingTellsThatItMayHaveChanged(t *testing.T) {
	t.Parallel()
	run := func(w *world, refresh time.Duration, names ...string) load.Counts {
		w.t.Helper()
		r := w.runner()
		r.Details = Details{Changed: map[string]bool{"employers": true, "payroll-runs": true, "tasks": true}, Refresh: refresh}
		report, err := r.Run(w.t.Context(), w.plan(names...))
		r.Store.Close()
		if err != nil {
			w.t.Fatal(err, describe(report))
		}
		return counts(report)
	}
	t.Run("all while they are the same", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		first := run(w, time.Hour, "employers")
		second := run(w, time.Hour, "employers")
		if first.Spared != 0 || second.Spared != 9 || second.Fetched != 0 || second.Unchanged != 9 || second.Requests != first.Requests-9 {
			t.Errorf("first %+v\nsecond %+v", first, second)
		}
	})
	t.Run("none that was read too long ago", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		run(w, time.Hour, "employers")
		w.clock.mu.Lock()
		w.clock.now = w.clock.now.Add(2 * time.Hour)
		w.clock.mu.Unlock()
		if c := run(w, time.Hour, "employers"); c.Spared != 0 || c.Recognised != 9 {
			t.Errorf("%+v", c)
		}
		if c := run(w, time.Hour, "employers"); c.Spared != 9 {
			t.Errorf("what was read just now: %+v", c)
		}
	})
	t.Run("none whose row in the list differs", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		run(w, time.Hour, "employers")
		if _, err := w.db.Exec(t.Context(), "UPDATE etl.objects SET listed = '\\x00' WHERE source_id IN (SELECT min(source_id) FROM etl.objects)"); err != nil {
			t.Fatal(err)
		}
		if c := run(w, time.Hour, "employers"); c.Spared != 8 || c.Fetched != 1 {
			t.Errorf("%+v", c)
		}
	})
	for name, final := range map[string]string{
		"payroll-runs": "SELECT count(*) FROM employerlink.payroll_runs WHERE run_state IN ('closed', 'failed')",
		"tasks":        "SELECT count(*) FROM (SELECT FROM paylink.tasks GROUP BY user_identifier, task_id HAVING bool_and(status IN ('completed', 'failed'))) t",
	} {
		t.Run("no "+name+" whose state still changes", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tame)
			first := run(w, time.Hour, name)
			settled := w.number(final)
			if settled == 0 || settled == first.New {
				t.Fatalf("%d of %d are final: the world proves nothing", settled, first.New)
			}
			if c := run(w, time.Hour, name); c.Spared != settled || c.Fetched != first.New-settled || c.Removed != 0 {
				t.Errorf("%d are final: %+v", settled, c)
			}
			w.equalsTruth(map[string]string{"payroll-runs": "employerlink.payroll_runs", "tasks": "paylink.tasks"}[name])
		})
	}
	t.Run("none where always is asked for", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, tame)
		w.sync(w.plan("employers"), OutcomeComplete)
		if c := counts(w.sync(w.plan("employers"), OutcomeComplete)); c.Spared != 0 || c.Fetched != 9 {
			t.Errorf("%+v", c)
		}
	})
}

// A run that goes on after an interruption recognises as an undisturbed one does; what no page has committed is not remembered.
func TestNothingIsRememberedOfAPageThatWasNotCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := w.runner()
	r.Observe = func(p Progress) {
		if p.Counts.Pages == 1 {
			cancel()
		}
	}
	if report, _ := r.Run(ctx, w.plan("employees")); report.Outcome != OutcomeInterrupted {
		t.Fatal(describe(report))
	}
	r.Store.Close()
	remembered := w.number("SELECT count(*) FROM etl.objects")
	if rows := w.number("SELECT count(*) FROM employerlink.employees"); remembered != rows || rows == 0 {
		t.Errorf("%d objects are remembered, %d stand", remembered, rows)
	}
}

// The cost of a page does not grow with what the walk has written before it: a plan that was made while there was hardly anything in a
// table, and had been counted so, is not kept. Mutation: without plansAnew it is red.
//
// How long such a plan is kept depends on how the pages fall to the connections. It is a bad one while the table has less than some ten
// blocks, 400 rows, and is then kept for as many pages again: 80 in all, that read some 800 rows each. Kept for good, each of the 400
// pages would read half of what there is in the end.
func TestAPlanOfAnEmptyTableIsNotKeptWhileItGrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Users = 2000 })
	w.config.PageSize = 10
	one := w.plan("pay-link-accounts")
	one.User = w.api.UserIdentifiers()[0]
	w.sync(one, OutcomeComplete)
	if _, err := w.db.Exec(t.Context(), "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	c := counts(w.sync(w.plan("pay-link-accounts"), OutcomeComplete))
	read, deadline := int64(-1), time.Now().Add(time.Minute)
	for now := int64(0); read != now && time.Now().Before(deadline); time.Sleep(1500 * time.Millisecond) { // told as connections end
		read, now = now, w.number("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'accounts_pkey'")
	}
	if c.Pages < 200 || c.New < 3500 || read > 80*800+3*c.New {
		t.Errorf("%d pages with %d new accounts read %d stored ones", c.Pages, c.New, read)
	}
	t.Logf("%d pages with %d new accounts read %d stored ones", c.Pages, c.New, read)
}

// The cost of a page does not grow with the warehouse: it asks for its rows by their keys, even where the server has prepared its
// statements while the tables were still empty. Mutation: without enable_seqscan = off in beginPage it is red, and without enable_sort
// and enable_bitmapscan = off in recallQuery.
func TestAPageReadsNoTableWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Employees = 300 })
	w.config.PageSize = 10
	plan := w.plan("employees")
	plan.Reread = true // compares every row
	w.sync(plan, OutcomeComplete)
	w.api.AdvanceDay() // some change, and some go: the end of the walk looks through its own table
	w.sync(plan, OutcomeComplete)
	looked := int64(0)
	for deadline := time.Now().Add(time.Minute); looked < 60 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) { // told as connections end
		looked = w.number("SELECT sum(idx_scan) FROM pg_stat_user_tables WHERE relname = 'statements'")
	}
	whole := w.texts(`SELECT relname || ' ' || seq_scan FROM pg_stat_user_tables WHERE schemaname IN ('employerlink', 'etl') AND seq_scan > 4
		AND relname NOT IN ('employees', 'objects') ORDER BY 1`)
	if looked < 60 || len(whole) > 0 {
		t.Errorf("rows were asked for by key %d times; these tables were read whole: %q", looked, whole)
	}

	// What is remembered is read in its order, a thousand objects at most beyond those that the list names, and counted twice at the end,
	// although nothing has told the server yet how much there is.
	w.sync(w.plan("employees"), OutcomeComplete)
	if _, err := w.db.Exec(t.Context(), `INSERT INTO etl.objects (resource, source_id, listed, final, detailed_at)
		SELECT 'employees', 'remembered and not listed ' || n, '\x00', false, now() FROM generate_series(1, 20000) AS n`); err != nil {
		t.Fatal(err)
	}
	c := counts(w.sync(w.plan("employees"), OutcomeComplete))
	read := int64(0)
	for deadline := time.Now().Add(time.Minute); read < 3*c.Recognised && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) { // told as connections end
		read = w.number("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'objects_number'")
	}
	if c.Recognised < 250 || read < 3*c.Recognised || read > 3*c.Recognised+1100 {
		t.Errorf("%d objects were recognised, and %d looked at", c.Recognised, read)
	}
}

// A first load compares nothing, as there is nothing to compare with: it asks for no stored row. Mutation: without allNew in readAll
// it is red.
func TestAFirstLoadAsksForNoStoredRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	asked := func() int64 {
		w.t.Helper()
		n := w.number("SELECT sum(idx_scan) FROM pg_stat_user_tables WHERE relname IN ('statements', 'employee_identities', 'account_plans', 'account_actions')")
		return n
	}
	w.sync(w.plan(), OutcomeComplete)
	first := asked()
	plan := w.plan()
	plan.Reread = true
	w.sync(plan, OutcomeComplete)
	for deadline := time.Now().Add(time.Minute); asked() == first && time.Now().Before(deadline); { // told as connections end
		time.Sleep(10 * time.Millisecond)
	}
	if second := asked(); first != 0 || second == 0 {
		t.Errorf("stored rows were asked for %d times, and %d times when there were some", first, second-first)
	}
	w.equalsTruth()
}
