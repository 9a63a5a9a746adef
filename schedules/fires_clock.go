package schedules

import (
	"time"

	"github.com/robfig/cron/v3"
)

// ClockChange is what a change of the clocks makes of a fire.
type ClockChange struct {
	// Asked is the time on the wall clock that the expression names, and that is skipped on its day: the fire comes later. It is
	// written as if it were UTC; zero when the fire comes at the time that it names.
	Asked time.Time
	// Repeated says that the wall clock shows the time of the fire twice.
	Repeated bool
	// Both says of a repeated time that both come: the expression counts real time.
	Both bool
}

// ClockChange tells what a change of the clocks makes of a fire, which is one that Next has given.
func (f Fires) ClockChange(fire time.Time) ClockChange {
	shown := asWall(fire, f.zone)
	c := ClockChange{Both: !f.wall, Repeated: twice(shown, f.zone)}
	if !f.wall {
		return c
	}
	for wall := f.schedule.Next(shown.Add(-lookBack)); !wall.IsZero() && wall.Before(shown); wall = f.schedule.Next(wall) {
		if fromWall(wall, f.zone).Equal(fire) {
			c.Asked = wall
		}
	}
	return c
}

// twice reports whether a wall clock in the zone shows this two times.
func twice(wall time.Time, zone *time.Location) bool {
	_, before := wall.Add(-lookBack).In(zone).Zone()
	_, after := wall.Add(lookBack).In(zone).Zone()
	early, late := wall.Add(-time.Duration(before)*time.Second), wall.Add(-time.Duration(after)*time.Second)
	return !early.Equal(late) && asWall(early, zone).Equal(wall) && asWall(late, zone).Equal(wall)
}

// Zone is the time zone in which the job's expression is read.
func (f Fires) Zone() *time.Location { return f.zone }

// every is the interval of an expression that only counts time, from whenever it began; 0 for others.
func (f Fires) every() time.Duration {
	if s, ok := f.schedule.(cron.ConstantDelaySchedule); ok {
		return s.Delay
	}
	return 0
}

// Last is the last time up to an instant, or the zero time when there is none in the ten years before.
func (f Fires) Last(until time.Time) time.Time {
	const day = 24 * time.Hour
	for _, back := range []time.Duration{time.Hour, 5 * time.Hour, 26 * time.Hour, 8 * day, 32 * day, 367 * day, 3660 * day} {
		next := f.Next(until.Add(-back))
		if next.IsZero() || next.After(until) {
			continue
		}
		last := next
		for ; !next.IsZero() && !next.After(until); next = f.Next(next) {
			last = next
		}
		return last
	}
	return time.Time{}
}
