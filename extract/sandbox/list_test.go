package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func plainWorld() Config {
	c := small()
	c.Odd = false
	return c
}

func TestEveryObjectIsListedOnceAndInOrderAtAnyLimit(t *testing.T) {
	c := start(t, plainWorld())
	for range 4 {
		c.s.AdvanceDay()
	}
	for k := anEmployer; k <= aRun; k++ {
		var want []string
		c.s.world.each(k, c.s.Day(), func(i int) { want = append(want, c.s.world.id(k, i)) })
		for _, limit := range []int{0, 1, 2, 7, 100, 500} {
			query := ""
			if limit > 0 {
				query = fmt.Sprintf("limit=%d", limit)
			}
			pages := c.pages("/"+k.String(), listKeys[k], query)
			for n, p := range pages {
				if len(p) > max(limit, defaultLimit*(1-min(limit, 1))) || len(p) == 0 {
					t.Errorf("%s at limit %d: page %d has %d rows", k, limit, n, len(p))
				}
			}
			if d := cmp.Diff(want, ids(flat(pages))); d != "" {
				t.Errorf("%s at limit %d: %s", k, limit, d)
			}
			if !slices.IsSorted(want) {
				t.Errorf("%s: ids do not ascend", k)
			}
		}
	}
}

func TestAnOddListRepeatsOnlyTheLastItemOfThePageBefore(t *testing.T) {
	c := start(t, small())
	repeated := 0
	for k := anEmployer; k <= aRun; k++ {
		pages := c.pages("/"+k.String(), listKeys[k], "limit=3")
		seen := map[string]bool{}
		for n, p := range pages {
			for i, id := range ids(p) {
				if id != "" && seen[id] {
					repeated++
					before, _ := split(pages[n-1])
					if i != 0 || str(before[len(before)-1], "_id") != id {
						t.Errorf("%s: %s comes again on page %d at %d", k, id, n, i)
					}
				}
				seen[id] = true
			}
		}
		c.s.world.each(k, 0, func(i int) {
			if !seen[c.s.world.id(k, i)] {
				t.Errorf("%s: object %d is not listed", k, i)
			}
		})
	}
	if repeated == 0 {
		t.Error("nothing was repeated")
	}
}

func TestAnEmployersListIsTheWholeListFiltered(t *testing.T) {
	c := start(t, small())
	for range 11 {
		c.s.AdvanceDay()
	}
	for k := anEmployee; k <= aRun; k++ {
		want := map[string][]string{}
		all, _ := split(flat(c.pages("/"+k.String(), listKeys[k], "limit=100")))
		for _, row := range all {
			e := str(row, "employer")
			want[e] = append(want[e], str(row, "_id"))
		}
		for e := range c.s.world.count(anEmployer, c.s.Day()) {
			id := c.s.world.id(anEmployer, e)
			items, _ := split(flat(c.pages("/"+k.String(), listKeys[k], "limit=4&employerId="+id)))
			var got []string
			for _, row := range items {
				got = append(got, str(row, "_id"))
			}
			if d := cmp.Diff(want[id], got); d != "" {
				t.Errorf("%s of employer %d: %s", k, e, d)
			}
		}
	}
}

func TestPreviousCursorsLeadBackToTheFirstPage(t *testing.T) {
	c := start(t, plainWorld())
	first := c.get("/employees?limit=6")
	second := c.get("/employees?limit=6&nextCursor=" + str(first, "data", "nextCursor"))
	if at(first, "data", "previousCursor") != nil {
		t.Error("the first page has a previous one")
	}
	back := c.get("/employees?limit=6&previousCursor=" + str(second, "data", "previousCursor"))
	if d := cmp.Diff(at(first, "data", "employees"), at(back, "data", "employees")); d != "" {
		t.Error(d)
	}
	if at(back, "data", "previousCursor") != nil || str(back, "data", "nextCursor") != str(first, "data", "nextCursor") {
		t.Error("the way back has other cursors")
	}
	if str(second, "data", "previousCursor") <= str(first, "data", "nextCursor") {
		t.Error("a previous cursor is not later than a next one (T12)")
	}
}

func TestCursorsAreBoundToTheirListAndFilter(t *testing.T) {
	c := start(t, small())
	cursor := str(c.get("/employees?limit=2"), "data", "nextCursor")
	if len(cursor) != 24 {
		t.Fatalf("cursor %q", cursor)
	}
	other := c.s.world.id(anEmployer, 8)
	for _, path := range []string{
		"/employers?nextCursor=" + cursor,
		"/employees?employerId=" + other + "&nextCursor=" + cursor,
		"/employees?previousCursor=" + cursor,
		"/employees?nextCursor=" + c.s.world.id(anEmployee, 2),
		"/employees?nextCursor=5eea73d5f55d6c0007d1fcdf",
		"/employees?nextCursor=x",
		"/employees?limit=0",
		"/employees?limit=501",
		"/employees?limit=ten",
	} {
		if status, b := c.body(path); status != http.StatusUnprocessableEntity || !strings.Contains(string(b), `"message"`) {
			t.Errorf("%s: status %d: %s", path, status, b)
		}
	}
}

func TestACursorSurvivesTheDay(t *testing.T) {
	c := start(t, plainWorld())
	first := c.get("/employees?limit=40")
	for range 6 {
		c.s.AdvanceDay()
	}
	next := c.get("/employees?limit=500&nextCursor=" + str(first, "data", "nextCursor"))
	seen := map[string]bool{}
	for _, id := range append(ids(list(first, "data", "employees")), ids(list(next, "data", "employees"))...) {
		if seen[id] {
			t.Errorf("%s comes twice", id)
		}
		seen[id] = true
	}
	c.s.world.each(anEmployee, c.s.Day(), func(i int) {
		id := c.s.world.id(anEmployee, i)
		if !seen[id] && c.s.world.present(anEmployee, i, 0) {
			t.Errorf("%s was skipped", id)
		}
	})
}
