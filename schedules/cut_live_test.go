package schedules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules/figures"
)

// cutTally counts what the cuts of a night came to.
type cutTally struct {
	mu                            sync.Mutex
	cuts                          map[string]int // by kind and moment
	shapes                        map[event]bool
	missed, unsure, reruns, ended int
	compared                      int64
	lost, doubled, pagesTwice     int
}

func newCutTally() *cutTally { return &cutTally{cuts: map[string]int{}, shapes: map[event]bool{}} }

func (s *cutTally) all() (n int) {
	for _, cuts := range s.cuts {
		n += cuts
	}
	return n
}

func (s *cutTally) print(t *testing.T) {
	t.Helper()
	pairs := []any{"cuts", s.all()}
	for _, kind := range []string{statements, requests, puts} {
		for _, m := range []moment{before, between, after} {
			if n := s.cuts[kind+" "+string(m)]; n > 0 {
				pairs = append(pairs, "cuts "+string(m)+" "+kind, n)
			}
		}
	}
	shapes := 0
	for e := range s.shapes {
		if e.kind == statements {
			shapes++
		}
	}
	figures.Print(t, append(pairs, "statement shapes", shapes, "places not met", s.missed, "answers not awaited", s.unsure, "reruns", s.reruns,
		"cut when all was done", s.ended, "pages of a walk read twice by one cut, at most", s.pagesTwice, "records compared", s.compared,
		"rows lost", s.lost, "rows doubled", s.doubled)...)
}

// live lives a night through: processes that are cut one after the other, and one that is not. It reports whether the first of
// them was cut: what happens side by side, happens at one place a few times more or less often.
func (s *cutTally) live(a *attempt, cuts ...place) (cut bool) {
	a.t.Helper()
	a.begin()
	defer a.end()
	var trail []string
	fail := func(format string, arguments ...any) {
		a.t.Errorf("cut %s:\n%s", strings.Join(trail, "\n then "), fmt.Sprintf(format, arguments...))
	}
	done := 0
	for _, at := range cuts {
		_, err := a.run(at)
		met := a.plug.isPulled()
		s.mu.Lock()
		if met {
			s.cuts[at.kind+" "+string(at.moment)]++
			s.shapes[a.plug.cut] = true
			if a.plug.unsure {
				s.unsure++
			}
		}
		s.mu.Unlock()
		if !met {
			if err != nil {
				fail("a run that was not cut at %s failed: %v", at, err)
			}
			break
		}
		done++
		trail = append(trail, place{a.plug.cut, at.times, at.moment}.String())
		if broken := a.claims(); len(broken) > 0 {
			fail("the warehouse is not what its walks claim:\n%s", strings.Join(broken, "\n"))
		}
		if a.ended() { // the next process would begin another run
			break
		}
	}
	ended := a.ended()
	if !ended {
		if report, err := a.run(place{}); err != nil || report.Outcome != a.outcome {
			fail("the run that goes on ended with %v\n%s", err, describe(report))
		}
	}
	found, lost, doubled := a.differences()
	found = append(append(found, a.archiveDiffers()...), a.claims()...)
	if len(found) > 0 {
		fail("the run that went on did not end like an undisturbed one:\n%s", strings.Join(found, "\n"))
	}
	twice := a.pagesTwice()
	if limit := done * a.pageLimit(); twice > limit {
		fail("%d pages of a walk were read twice, more than %d", twice, limit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ended {
		s.reruns++
	} else {
		s.ended++
	}
	if done == 1 {
		s.pagesTwice = max(s.pagesTwice, twice)
	}
	s.compared += a.whole.records()
	s.lost += lost
	s.doubled += doubled
	return done > 0
}

// sooner makes a place that was not met one that comes at half the times, and counts it as missed when there is none.
func (s *cutTally) sooner(p *place) bool {
	if p.times > 1 {
		p.times /= 2
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missed++
	return false
}

// ended reports that the run has written down its end.
func (a *attempt) ended() bool {
	return a.number("SELECT count(*) FROM etl.runs WHERE run_id > $1 AND state = 'partial'", a.runs) > 0
}

// pagesTwice is how many pages of a walk the API served more than once, of the walk where it was most.
func (a *attempt) pagesTwice() (most int) {
	served := map[string]map[string]int{}
	for _, r := range a.api.Served() {
		if served[r.Route] == nil {
			served[r.Route] = map[string]int{}
		}
		served[r.Route][r.URI]++
	}
	for _, resource := range catalog() {
		twice := 0
		for _, n := range served[resource.List] {
			twice += n - 1
		}
		if resource.PerUser { // pages are two users each
			twice = (twice + 1) / 2
		}
		most = max(most, twice)
	}
	return most
}

// pageLimit is how many pages of one walk a cut may cost: the one that is being committed, pagesAhead behind it and the one that
// is being read.
func (n *night) pageLimit() int { return 2 + pagesAhead }

// places are where a run can be cut.
type places []place

// telling chooses of each shape of statement one or two places, among its first, its last and one between, so that all moments
// have their turn; of the commits some of every kind; some requests; and all archive calls. Of the shapes only one in so many.
func (all places) telling(t *testing.T, oneIn int) (some places) {
	t.Helper()
	of := map[event]places{}
	var events []event
	for _, p := range all {
		if len(of[p.event]) == 0 {
			events = append(events, p.event)
		}
		of[p.event] = append(of[p.event], p)
	}
	for i, e := range events {
		here := of[e]
		third := len(here) / 3
		switch {
		case e.kind == puts && i%oneIn == 0:
			some = append(some, here...)
		case e.what == "commit":
			some = append(some, here[:2]...)
			some = append(some, here[len(here)/4*2:len(here)/4*2+2]...)
			some = append(some, here[len(here)-2:]...)
		case i%oneIn != 0, e.kind == requests && i%(12*oneIn) != 0, strings.HasPrefix(e.what, "prepare ") && i%8 != 0:
		default:
			some = append(some, here[(i/oneIn%3)*third+i%max(third, 1)])
		}
	}
	return some
}

// anywhere is the so-manieth event of a kind, whichever that is.
func (all places) anywhere(random *rand.Rand) place {
	p := all[random.IntN(len(all))]
	return place{event{kind: p.kind}, 1 + random.IntN(max(1, all.count(p.kind)*3/4)), p.moment}
}

// count is how many events of a kind there are.
func (all places) count(kind string) (n int) {
	for _, p := range all {
		if p.kind == kind && p.moment == before {
			n++
		}
	}
	return n
}

// hasEveryKindOfChange looks whether the night is one that proves something.
func (n *night) hasEveryKindOfChange() {
	n.t.Helper()
	var sum load.Counts
	for _, w := range n.report.Walks {
		sum.Add(w.Counts)
	}
	again := 0
	for _, row := range n.rows["archive.documents"] {
		if strings.Contains(row, ",2,archived,") {
			again++
		}
	}
	if sum.New == 0 || sum.Changed == 0 || sum.Returned == 0 || sum.Removed == 0 || sum.Rejected == 0 || sum.Drift == 0 || sum.Vanished == 0 ||
		n.report.Documents.Absent == 0 || n.report.Documents.Archived == 0 || again == 0 {
		n.t.Fatalf("%d new versions of documents\n%s", again, describe(n.report))
	}
}
