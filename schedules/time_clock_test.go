package schedules

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract/sandbox"
	"github.com/linkhouse/linkhouse/schedules/figures"
)

// back puts the clock back.
func (c *clock) back(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(-d)
}

// historyInOrder requires of every row that its versions follow each other: none ends before it begins, and none begins
// before the one that it follows has ended. It returns how many versions it compared.
func (w *world) historyInOrder() (versions int64) {
	w.t.Helper()
	for _, r := range catalog() {
		for _, table := range r.Tables() {
			key := make([]string, len(table.Key))
			for i, c := range table.Key {
				key[i] = "t." + c.Name
			}
			keys := strings.Join(key, ", ")
			live := fmt.Sprintf("SELECT %s, t._synced_at AS f, coalesce(t._removed_at, 'infinity') AS u FROM %s t", keys, table)
			if table.Lines {
				live = fmt.Sprintf(`SELECT %s, p._synced_at AS f, coalesce(p._removed_at, 'infinity') AS u FROM %s t
					JOIN employerlink.statements p USING (employee_id, statement_id)`, keys, table)
			}
			all := fmt.Sprintf("%s UNION ALL SELECT %s, t._valid_from, t._valid_to FROM history.%s t", live, keys, table.Name)
			crossed := w.texts(fmt.Sprintf(`SELECT t::text FROM (SELECT *, lead(f) OVER (PARTITION BY %s ORDER BY f, u) AS n FROM (%s) t) t
				WHERE f > u OR n < u LIMIT 3`, keys, all))
			if len(crossed) > 0 {
				w.t.Errorf("%s: versions cross (key, from, to, next from): %s", table, strings.Join(crossed, "; "))
			}
			versions += w.number("SELECT count(*) FROM history." + table.Name)
		}
	}
	return versions
}

// Semantics 6: a version ends when the next begins, also when the clock is put back between two runs and in the middle of
// one. Mutation: without since in version (load/encode.go), or with it left at the page's time, it is red.
func TestAClockThatGoesBackLeavesHistoryInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employees = 100 })
	w.sync(w.plan(), OutcomePartial)
	var puts atomic.Int64
	var versions int64
	for night := range 5 {
		w.clock.back(26 * time.Hour) // further than the day that has passed
		w.api.AdvanceDay()
		plan := w.plan()
		plan.ApproveRemovals = true
		r := w.runner()
		r.Observe = func(p Progress) {
			if p.Documents == nil && !p.Done && night%2 == 1 {
				w.clock.back(2 * time.Hour)
				puts.Add(1)
			}
		}
		report, err := r.Run(t.Context(), plan)
		r.Store.Close()
		if report.Outcome != OutcomePartial {
			t.Fatalf("night %d: %s, %v\n%s", night, report.Outcome, err, describe(report))
		}
		versions = w.historyInOrder()
		w.equalsTruth()
	}
	if versions < 100 || puts.Load() < 10 {
		t.Errorf("%d versions, the clock was put back %d times within runs", versions, puts.Load())
	}
	figures.Print(t, "versions compared", versions, "clocks put back", puts.Load()+5)
}

// Semantics 7: what went with an object comes back with it, and only that, whichever way the clock went in between. Mutation:
// with now in place of afterAll in remove (load/removal.go) it is red.
func TestWhatGoesWithAnObjectComesBackWithItUnderAClockThatGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tame)
	w.sync(w.plan("employees"), OutcomeComplete)
	const live = "SELECT count(*) FROM employerlink.%s WHERE _removed_at IS NULL"
	tables := []string{"employees", "statements", "employee_incomes", "deposit_accounts", "taxes"}
	// One table's rows had gone for good before, at an instant that a clock put back does not reach. Every employee was written
	// an hour after all that belongs to it.
	gone := w.number("WITH gone AS (UPDATE employerlink.taxes SET _removed_at = _synced_at + interval '1 hour' RETURNING 1) SELECT count(*) FROM gone")
	written := w.number("WITH later AS (UPDATE employerlink.employees SET _synced_at = _synced_at + interval '1 hour' RETURNING 1) SELECT count(*) FROM later")
	if gone == 0 || written == 0 {
		t.Fatalf("%d taxes, %d employees", gone, written)
	}
	before := map[string]int64{}
	for _, table := range tables {
		before[table] = w.number(fmt.Sprintf(live, table))
	}

	fired := w.api.Inject(sandbox.Fault{Match: "/employees", Kind: sandbox.EmptyList, Times: 1})
	plan := w.plan("employees")
	plan.ApproveRemovals = true
	w.sync(plan, OutcomeComplete)
	for _, table := range tables {
		if n := w.number(fmt.Sprintf(live, table)); n != 0 || fired.Count() != 1 {
			t.Fatalf("%d %s are left; the fault fired %d times", n, table, fired.Count())
		}
	}
	w.clock.back(5 * time.Hour)
	plan = w.plan("employees")
	plan.Include = []string{"identity"} // of all else nothing is said anew
	w.sync(plan, OutcomeComplete)
	for _, table := range tables {
		if n := w.number(fmt.Sprintf(live, table)); n != before[table] {
			t.Errorf("%d %s came back, want %d", n, table, before[table])
		}
	}
	w.historyInOrder()
}
