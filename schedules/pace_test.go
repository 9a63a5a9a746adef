package schedules

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/linkhouse/linkhouse/extract/sandbox"
)

// A page of large objects is smaller, so that neither memory nor a transaction grows with them; one of objects that are recognised
// is full. Mutation: with p.count left out of understand it is red.
func TestAPageAsksForFewerObjectsWhereTheseAreLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *sandbox.Config) { tame(c); c.Employees, c.Statements, c.Lines = 250, 130, 16 })
	w.config.PageSize = 100
	limits := func() (asked []int) {
		for _, r := range w.api.Served() {
			if u, err := url.Parse(r.URI); err == nil && u.Path == "/employees" {
				n, _ := strconv.Atoi(u.Query().Get("limit"))
				asked = append(asked, n)
			}
		}
		w.api.ResetLog()
		return asked
	}
	w.sync(w.plan("employees"), OutcomeComplete)
	first := limits()
	if first[0] != 16 || slices.Min(first[2:]) > 80 || slices.Max(first) < 30 {
		t.Errorf("a first load asked for pages of %d", first)
	}
	w.equalsTruth("employerlink.employees", "employerlink.statement")
	w.sync(w.plan("employees"), OutcomeComplete)
	if second := limits(); slices.Min(second[2:]) != 100 {
		t.Errorf("an unchanged run asked for pages of %d", second)
	}
}

func TestTheLimitOfAPageIsWhatComesToItsRows(t *testing.T) {
	for _, c := range []struct {
		objects, rows int64
		want          int
	}{{0, 0, 16}, {10, 0, math.MaxInt32}, {10, 4450, 113}, {10, 22_100, 23}, {2, 200_000, 1}, {1, 1, 50_001}, {1 << 40, 1, math.MaxInt32}} {
		p := pace{first: 16}
		p.objects.Store(c.objects)
		p.rows.Store(c.rows)
		if got := p.limit(); got != c.want {
			t.Errorf("%d objects of %d rows: %d, not %d", c.objects, c.rows, got, c.want)
		}
	}
}
