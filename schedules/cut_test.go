package schedules

import (
	"iter"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/schedules/figures"
)

// Semantics 8: killed at any instant and started again, the warehouse ends equal to an undisturbed run's. Here the instants are
// not left to chance: a run is cut at each thing that it sends, and the warehouse is compared row by row, before the next run
// takes over (see claims) and after it (see differences). A cut is like pulling the plug of the machine: not a byte of the
// process leaves it any more. It falls before the other side gets anything of it, or after the other side has done it and
// before the process learns so, as in a COMMIT whose acknowledgement is lost.
//
// The quick version cuts at every shape of statement, at all archive calls and at some requests. The long one cuts at every
// single place, then several times in one night, at random, until its time is over.
//
// Mutation: with the cursor kept outside the page's transaction in load/ledger.go it is red; so it is when Walk.Complete writes the
// walk's end outside of its removals' transaction, when recall forgets what was seen, and when a document is marked before it is kept.
func TestNothingIsLostWhereverARunIsCut(t *testing.T) {
	soak := figures.Soak(t) / 2
	concurrency := 8
	if soak > 0 {
		concurrency = 1 // then the same things happen in the same order, and each place is met
	}
	t.Run("a later night", func(t *testing.T) {
		cutEverywhere(t, soak, concurrency, 1, func(concurrency int) *night {
			n := newNight(t, concurrency, 6, 0, 4)
			n.hasEveryKindOfChange()
			return n
		})
	})
	t.Run("the first load", func(t *testing.T) {
		cutEverywhere(t, soak, concurrency, 6, func(concurrency int) *night { return newNight(t, concurrency, 0) })
	})
}

// cutEverywhere cuts a night at some places, or at all of them when there is time, and then several times in one night.
func cutEverywhere(t *testing.T, soak time.Duration, concurrency, telling int, night func(concurrency int) *night) {
	t.Helper()
	start, s, n := time.Now(), newCutTally(), night(concurrency)
	some := n.all
	if soak == 0 {
		some = n.all.telling(t, telling)
	}
	s.side(t, n, func(next func(...place) bool) {
		for _, p := range some {
			if !next(p) {
				return
			}
		}
	})
	if s.missed*20 > s.all() {
		t.Errorf("%d places were not met, beside %d that were", s.missed, s.all())
	}
	if concurrency != 8 { // an undisturbed one of its own: how large the first pages are depends on how many requests are in flight
		n = night(8)
	}
	random := rand.New(rand.NewPCG(8, 8))
	if soak > 0 {
		seed := uint64(time.Now().UnixNano())
		t.Log("seed", seed)
		random = rand.New(rand.NewPCG(seed, 8))
	}
	s.side(t, n, func(next func(...place) bool) {
		for nights := 0; nights < 4 || time.Since(start) < soak; nights++ {
			var cuts []place
			for range 2 + random.IntN(3) {
				cuts = append(cuts, n.all.anywhere(random))
			}
			if !next(cuts...) {
				return
			}
		}
	})
	s.print(t)
	if s.lost+s.doubled+s.unsure > 0 {
		t.Errorf("%d rows were lost, %d doubled; %d answers that were to be lost never came", s.lost, s.doubled, s.unsure)
	}
}

// side lives nights side by side, as many as tests may run so.
func (s *cutTally) side(t *testing.T, n *night, nights func(next func(...place) bool)) {
	t.Helper()
	take, stop := iter.Pull(func(yield func([]place) bool) {
		nights(func(cuts ...place) bool { return yield(cuts) })
	})
	defer stop()
	var mu sync.Mutex
	next := func() ([]place, bool) {
		mu.Lock()
		defer mu.Unlock()
		return take()
	}
	t.Run("cuts", func(t *testing.T) {
		for range 3 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				a := n.attempt(t, cutWorld(t, n.day))
				for cuts, more := next(); more && !t.Failed(); cuts, more = next() {
					for !s.live(a, cuts...) && s.sooner(&cuts[0]) {
					}
				}
			})
		}
	})
}
