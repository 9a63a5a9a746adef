package schedules

import (
	"time"

	"github.com/linkhouse/linkhouse/load"
)

const (
	// grace is how late a fire may be decided on and still count as on time.
	grace = 2 * time.Minute
	// mostFires bounds how many past fires are looked at one by one; of a longer absence only the end is.
	mostFires = 10_000
)

// turn is what is to be done about a job at one moment.
type turn struct {
	fire   time.Time // the last one that is ripe and not decided on; zero for none
	kind   string    // of it; one that is missed is not run
	missed int       // how many before it were not decided on either
	wake   time.Time // when to look again, when nothing is due; zero: never
}

// turn decides from when the last decision was and what time it is. It knows nothing of who runs what.
func (j *timed) turn(last, now time.Time) turn {
	if oldest := now.Add(-j.CatchUpWindow - 366*24*time.Hour); last.Before(oldest) {
		last = oldest
	}
	var t turn
	for n := 0; ; n++ {
		next := j.fires.Next(last)
		if next.IsZero() {
			return t
		}
		if ripe := j.fires.Ripe(next); ripe.After(now) {
			t.wake = ripe
			return t
		}
		if n == mostFires { // of an expression that fires often: go to where it counts
			last, t.missed, n = now.Add(-time.Hour), t.missed+1, 0
			continue
		}
		if !t.fire.IsZero() {
			t.missed++
		}
		t.fire, last = next, next
		switch late := now.Sub(j.fires.Ripe(next)); {
		case late <= grace:
			t.kind = load.FireOnTime
		case j.CatchUp == CatchUpOne && late <= j.CatchUpWindow:
			t.kind = load.FireCaughtUp
		default:
			t.kind = load.FireMissed
		}
	}
}
