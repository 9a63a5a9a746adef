package schedules

import (
	"hash/fnv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Fires are the times at which a job is due.
//
// An expression that names its hours tells the time on a wall clock. When the clocks change, a time that is skipped comes at the
// moment that the wall clock would have reached it, so that no day is left out, and one that is repeated comes the first time
// only. An expression for every hour (a star in its second field, or @every) counts real time: it goes on through both.
type Fires struct {
	schedule cron.Schedule
	zone     *time.Location
	wall     bool // the expression names its hours
	jitter   time.Duration
	name     string
}

// Fires are the job's times. The error is a mistake in its expression, which parsing the job has found before.
func (j *Job) Fires() (Fires, error) {
	schedule, err := ParseCron(j.Cron, j.TimeZone)
	if err != nil {
		return Fires{}, err
	}
	zone, err := time.LoadLocation(j.TimeZone)
	if err != nil {
		return Fires{}, err
	}
	f := Fires{schedule: schedule, zone: zone, jitter: j.Jitter, name: j.Name}
	if spec, ok := schedule.(*cron.SpecSchedule); ok {
		fields := strings.Fields(j.Cron)
		if f.wall = len(fields) < 2 && j.Cron != "@hourly" || len(fields) == 5 && !strings.HasPrefix(fields[1], "*"); f.wall {
			spec.Location = time.UTC // asked in wall clock time, as if it were UTC, which never changes
		}
	}
	return f, nil
}

// lookBack is more than clocks are ever put forward: Samoa once left out a day.
const lookBack = 25 * time.Hour

// Next is the first time after an instant, or the zero time when there is none.
func (f Fires) Next(after time.Time) time.Time {
	if !f.wall {
		next := f.schedule.Next(after.In(f.zone))
		if next.IsZero() {
			return next
		}
		return next.UTC()
	}
	// A time that was skipped stands on the wall clock before the instants that it comes at: hence the look back.
	wall := asWall(after.Add(-lookBack), f.zone)
	for {
		if wall = f.schedule.Next(wall); wall.IsZero() {
			return wall
		}
		if next := fromWall(wall, f.zone); next.After(after) {
			return next
		}
	}
}

// asWall is what a wall clock in the zone shows, written as if it were UTC.
func asWall(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

// fromWall is the first instant at which a wall clock in the zone shows this, or, where it is skipped, would have shown it if
// the clocks had not been changed.
func fromWall(wall time.Time, zone *time.Location) time.Time {
	// The offsets well before and well after are those on both sides of a change, if there is one.
	_, before := wall.Add(-lookBack).In(zone).Zone()
	_, after := wall.Add(lookBack).In(zone).Zone()
	early, late := wall.Add(-time.Duration(before)*time.Second), wall.Add(-time.Duration(after)*time.Second)
	switch {
	case asWall(early, zone).Equal(wall) && (early.Before(late) || !asWall(late, zone).Equal(wall)):
		return early.UTC()
	case asWall(late, zone).Equal(wall):
		return late.UTC()
	}
	return early.UTC()
}

// Ripe is when a fire is acted on: up to the job's jitter later, the same for whoever asks, and always before the next one.
func (f Fires) Ripe(fire time.Time) time.Time {
	most := f.jitter
	if next := f.Next(fire); !next.IsZero() {
		most = min(most, next.Sub(fire)/2)
	}
	if most <= 0 {
		return fire
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.name + fire.UTC().Format(time.RFC3339))) // a hash takes everything
	return fire.Add(time.Duration(h.Sum64() % uint64(most)).Truncate(time.Second))
}
