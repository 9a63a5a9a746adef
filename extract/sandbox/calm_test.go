package sandbox

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// calmWorld changes a tenth of its employees each day.
func calmWorld() Config {
	c := small()
	c.Bare, c.Odd, c.Employees, c.Changing = true, false, 300, 0.1
	return c
}

func TestADayOfACalmWorldChangesAShareOfTheEmployeesAndNothingElse(t *testing.T) {
	odd := calmWorld()
	odd.Odd, odd.Bare = true, false
	for _, world := range []Config{calmWorld(), odd} {
		c := start(t, world)
		for day := range 3 {
			changes := c.s.Changes(day, day+1)
			var touched []string
			for i := range c.s.world.Employees {
				if c.s.world.touched(i, day+1) {
					touched = append(touched, c.s.world.id(anEmployee, i))
				}
			}
			slices.Sort(touched)
			if world.Odd { // what some employees serve follows from nothing
				touched = slices.DeleteFunc(touched, func(id string) bool { return !slices.Contains(changes[employeesName].Changed, id) })
			}
			if diff := cmp.Diff(touched, changes[employeesName].Changed); diff != "" {
				t.Errorf("day %d: %s", day+1, diff)
			}
			if n := len(touched); n < 20 || n > 40 {
				t.Errorf("day %d changes %d of 300", day+1, n)
			}
			for name, r := range changes {
				if name == employeesName {
					r.Changed = nil
				}
				if n := len(r.New) + len(r.Changed) + len(r.Removed) + len(r.Returned) + len(r.Moved); n > 0 {
					t.Errorf("day %d changes %d of %s", day+1, n, name)
				}
			}
		}
	}
}

func TestADayOfACalmWorldCorrectsTheLastStatementAndAddsOne(t *testing.T) {
	w := start(t, calmWorld()).s.world
	seen := 0
	for i := range w.Employees {
		pay := func(day int) map[date]string {
			all := map[date]string{}
			e := w.employee(i, day)
			w.statements(&e, func(s *statement) {
				j := js{b: []byte{'['}}
				s.write(&j)
				all[s.date.on] = string(j.b)
			})
			return all
		}
		for day := range 4 {
			was, is := pay(day), pay(day+1)
			if !w.touched(i, day+1) {
				if diff := cmp.Diff(was, is); diff != "" {
					t.Fatalf("employee %d, day %d: %s", i, day+1, diff)
				}
				continue
			}
			seen++
			dates := slices.Sorted(maps.Keys(is))
			added := dates[len(dates)-1]
			if _, ok := was[added]; ok || len(dates) > 1 && was[dates[len(dates)-2]] == is[dates[len(dates)-2]] {
				t.Errorf("employee %d, day %d: no statement was added, or the last was not corrected", i, day+1)
			}
			for _, on := range dates[:max(0, len(dates)-2)] {
				if was[on] != is[on] {
					t.Errorf("employee %d, day %d: another statement is another", i, day+1)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nobody was changed")
	}
}

func TestUpdatedAtOfACalmWorldMovesWithAChangeOnly(t *testing.T) {
	w := start(t, calmWorld()).s.world
	for i := range w.Employees {
		_, was := w.stamps(anEmployee, i, 0)
		_, is := w.stamps(anEmployee, i, 1)
		if (was != is) != w.touched(i, 1) {
			t.Errorf("employee %d: %s, then %s", i, was, is)
		}
	}
	for i := range w.Employers {
		_, was := w.stamps(anEmployer, i, 0)
		if _, is := w.stamps(anEmployer, i, 9); was != is {
			t.Errorf("employer %d: %s, then %s", i, was, is)
		}
	}
}
