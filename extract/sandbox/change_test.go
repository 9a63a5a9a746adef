package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crawl gives the content of every object that has one, by resource and id.
func (c client) crawl() map[string]map[string]string {
	all := map[string]map[string]string{}
	keep := func(resource, id string, parts ...any) {
		if all[resource] == nil {
			all[resource] = map[string]string{}
		}
		for _, p := range parts {
			if m, ok := p.(map[string]any); ok {
				delete(m, "url")
				delete(m, "createdAt")
				delete(m, "updatedAt")
			}
		}
		b, err := json.Marshal(parts)
		if err != nil {
			c.t.Fatal(err)
		}
		all[resource][id] += string(b)
	}
	for k := anEmployer; k <= aRun; k++ {
		items, _ := split(flat(c.pages("/"+k.String(), listKeys[k], "limit=50")))
		for _, row := range items {
			if status, b := c.body("/" + k.String() + "/" + str(row, "_id")); status == http.StatusOK {
				keep(k.String(), str(row, "_id"), row, at(decode(c.t, b), "data"))
			}
		}
	}
	for _, user := range c.s.UserIdentifiers() {
		accounts, _ := split(list(c.get(accountsPath(user)), "accounts"))
		for _, a := range accounts {
			keep(accountsName, str(a, "_id"), a)
		}
		for _, row := range list(c.get(tasksPath(user)), "data", "tasks") {
			if id := str(row, "_id"); id != "" {
				if status, b := c.body("/task/" + id + "/details"); status == http.StatusOK {
					keep(tasksName, id, row, at(decode(c.t, b), "data", "task"))
				}
			}
		}
	}
	return all
}

func TestChangesAreWhatTwoCrawlsDifferIn(t *testing.T) {
	c := start(t, small())
	var days []map[string]map[string]string
	const last = 8
	for range last + 1 {
		days = append(days, c.crawl())
		c.s.AdvanceDay()
	}
	happened := map[string]int{}
	for _, span := range [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}, {2, 8}, {0, last}} {
		from, to := span[0], span[1]
		changes := c.s.Changes(from, to)
		for k := anEmployer; k <= aTask; k++ {
			name := k.String()
			var want ResourceChanges
			a, b := days[from][name], days[to][name]
			for _, id := range slices.Sorted(maps.Keys(b)) {
				old, was := a[id]
				seen := false
				for d := range from {
					_, there := days[d][name][id]
					seen = seen || there
				}
				switch {
				case was && old != b[id]:
					want.Changed = append(want.Changed, id)
				case !was && seen:
					want.Returned = append(want.Returned, id)
				case !was:
					want.New = append(want.New, id)
				}
			}
			for _, id := range slices.Sorted(maps.Keys(a)) {
				if _, is := b[id]; !is {
					want.Removed = append(want.Removed, id)
				}
			}
			got := changes[name]
			for _, id := range got.Changed {
				if len(got.What[id]) == 0 {
					t.Errorf("%s %s changed in nothing", name, id)
				}
			}
			happened["new"] += len(got.New)
			happened["changed"] += len(got.Changed)
			happened["removed"] += len(got.Removed)
			happened["returned"] += len(got.Returned)
			happened["moved"] += len(got.Moved)
			got.Moved, got.What = nil, nil
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s from day %d to %d: %s", name, from, to, d)
			}
		}
	}
	for _, what := range []string{"new", "changed", "removed", "returned", "moved"} {
		if happened[what] == 0 {
			t.Errorf("nothing was %s", what)
		}
	}
}

func TestAMoveIsAnotherEmployerInTheListRow(t *testing.T) {
	c := start(t, small())
	before := map[string]string{}
	for _, e := range flat(c.pages("/employees", "employees", "limit=500")) {
		before[str(e, "_id")] = str(e, "employer")
	}
	for range 12 {
		c.s.AdvanceDay()
	}
	var moved []string
	items, _ := split(flat(c.pages("/employees", "employees", "limit=500")))
	for _, e := range items {
		id := str(e, "_id")
		if was := before[id]; was != "" && was != str(e, "employer") && !slices.Contains(c.s.Truth().Ghosts[employeesName], id) {
			moved = append(moved, id)
		}
	}
	slices.Sort(moved)
	if d := cmp.Diff(moved, c.s.Changes(0, 12)[employeesName].Moved); d != "" || len(moved) == 0 {
		t.Errorf("%d moved: %s", len(moved), d)
	}
}

func TestADayChangesAFewPercent(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Employees = 3000
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for d := range 5 {
		s.AdvanceDay()
		n := len(s.Changes(d, d+1)[employeesName].Changed)
		if n < 3000*2/100 || n > 3000*20/100 {
			t.Errorf("day %d: %d of 3000 employees changed", d+1, n)
		}
	}
}
