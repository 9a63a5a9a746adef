package schedules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// touched is what a run made of a resource's objects, by what its own table and history say since an instant.
func (w *world) touched(resource string, since any) sandbox.ResourceChanges {
	w.t.Helper()
	r := catalog(resource)[0]
	id := r.Table.Key[r.Named-1].Name
	table := r.Table.String()
	tables := append([]string{}, table)
	for _, t := range r.Children {
		if !t.Shared && !t.Lines {
			tables = append(tables, t.String())
		}
	}
	var c sandbox.ResourceChanges
	c.New = w.texts(fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE _first_seen_at > $1 ORDER BY 1", id, table), since)
	c.Removed = w.texts(fmt.Sprintf("SELECT DISTINCT %s FROM %s t WHERE _removed_at > $1 AND NOT EXISTS (SELECT FROM %s u WHERE u.%s = t.%s AND u._removed_at IS NULL) ORDER BY 1", id, table, table, id, id), since)
	// A version that begins where the one before it ended is a change; one that begins later is a return.
	c.Returned = w.texts(fmt.Sprintf("SELECT DISTINCT %s FROM %s t WHERE _synced_at > $1 AND (SELECT max(h._valid_to) FROM history.%s h WHERE h.%s = t.%s) < _synced_at ORDER BY 1",
		id, table, r.Table.Name, id, id), since)
	var parts []string
	for _, t := range tables {
		parts = append(parts, fmt.Sprintf("SELECT %s FROM %s WHERE _synced_at > $1 OR _removed_at > $1", id, t))
	}
	for _, changed := range w.texts("SELECT DISTINCT * FROM ("+strings.Join(parts, " UNION ALL ")+") x(id) ORDER BY 1", since) {
		if !slices.Contains(c.New, changed) && !slices.Contains(c.Removed, changed) && !slices.Contains(c.Returned, changed) {
			c.Changed = append(c.Changed, changed)
		}
	}
	return c
}

func TestADayLaterNewChangedRemovedAndReturnedObjectsAreExactlyTheSandboxsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { c.Employers, c.Employees, c.Users = 20, 150, 40 })
	w.sync(w.plan(), OutcomePartial)
	sums := map[string]int{}
	for day := 1; day <= 7; day++ {
		before := w.clock.Now()
		w.api.AdvanceDay()
		plan := w.plan()
		plan.ApproveRemovals = true // a small world may lose more than a fifth of a small list
		w.sync(plan, OutcomePartial)
		w.equalsTruth()
		for resource, want := range w.api.Changes(day-1, day) {
			got := w.touched(resource, before)
			for _, list := range []struct {
				name      string
				want, got []string
			}{{"new", want.New, got.New}, {"removed", want.Removed, got.Removed}, {"returned", want.Returned, got.Returned}, {"changed", want.Changed, got.Changed}} {
				sums[list.name] += len(list.want)
				if diff := cmp.Diff(append([]string{}, list.want...), append([]string{}, list.got...)); diff != "" {
					t.Errorf("day %d, %s %s (-sandbox +warehouse):\n%s", day, resource, list.name, diff)
				}
			}
		}
	}
	t.Log(sums)
	for _, what := range []string{"new", "removed", "returned", "changed"} {
		if sums[what] == 0 {
			t.Errorf("no object was %s in a week: the comparison compares nothing", what)
		}
	}
}
