package schedules

import (
	"slices"
	"time"
)

// Due is what a scheduler that looked now would make of a job.
type Due struct {
	Fire   time.Time // the one that waits for a decision; zero for none
	Kind   string    // that it would be
	Missed int       // how many before it wait for one, too
	Next   time.Time // the next one that is not due yet; zero: never
	Ripe   time.Time // when that one is acted on, jitter included
}

// Due says what is due of a job, from when the last decision was and what time it is.
func (j *Job) Due(last, now time.Time) (Due, error) {
	fires, err := j.Fires()
	if err != nil {
		return Due{}, err
	}
	t := (&timed{Job: j.withDefaults(), fires: fires}).turn(last, now)
	d := Due{Fire: t.fire, Kind: t.kind, Missed: t.missed, Ripe: t.wake}
	if !t.fire.IsZero() {
		last = t.fire
	}
	if d.Next = fires.Next(last); d.Next.Before(now.Add(-maxJitter)) { // nothing was decided for very long
		d.Next = fires.Next(now)
	}
	return d, nil
}

// withDefaults is the job as parsing leaves it, for one that was made by hand.
func (j *Job) withDefaults() Job {
	job := *j
	if job.CatchUpWindow == 0 {
		job.CatchUpWindow = defaultCatchUpWindow
	}
	return job
}

// How long after the moment that a resource is to be read it may take until it was, at least and at most.
const leastSlack, mostSlack = 15 * time.Minute, 12 * time.Hour

// Expectation is how old what is known of a resource may become by the timetable.
type Expectation struct {
	Jobs   []string      // that read the resource
	Within time.Duration // 0: no job reads all of it
}

// Expect says how old what is known of a resource may be at an instant: the longer of the intervals between its jobs' fires
// right before and right after, and half of that again, 12 hours at most, for the run itself.
func Expect(jobs []Job, resource string, now time.Time) (Expectation, error) {
	var e Expectation
	var times []Fires
	var gap time.Duration
	for i := range jobs {
		if !slices.Contains(jobs[i].Resources, resource) {
			continue
		}
		fires, err := jobs[i].Fires()
		if err != nil {
			return e, err
		}
		e.Jobs = append(e.Jobs, jobs[i].Name)
		if slices.Contains(jobs[i].Narrowed, resource) {
			continue
		}
		if every := fires.every(); every > 0 {
			gap = every
			continue
		}
		times = append(times, fires)
	}
	last := latest(times, now)
	var longest time.Duration
	if next := earliest(times, now); !next.IsZero() && !last.IsZero() {
		longest = next.Sub(last)
	}
	if !last.IsZero() {
		if before := latest(times, last.Add(-time.Second)); !before.IsZero() {
			longest = max(longest, last.Sub(before))
		}
	}
	if gap == 0 || longest > 0 && longest < gap {
		gap = longest
	}
	if gap > 0 {
		e.Within = gap + max(leastSlack, min(gap/2, mostSlack))
	}
	return e, nil
}

func latest(times []Fires, until time.Time) (last time.Time) {
	for _, f := range times {
		if t := f.Last(until); t.After(last) {
			last = t
		}
	}
	return last
}

func earliest(times []Fires, after time.Time) (next time.Time) {
	for _, f := range times {
		if t := f.Next(after); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// Collide finds the first minute within a year at which two jobs come due together that read some of the same.
func Collide(a, b *Job, after time.Time) (at time.Time, shared []string, err error) {
	for _, resource := range a.Resources {
		if slices.Contains(b.Resources, resource) {
			shared = append(shared, resource)
		}
	}
	if len(shared) == 0 {
		return at, nil, nil
	}
	one, err := a.Fires()
	if err != nil {
		return at, nil, err
	}
	two, err := b.Fires()
	if err != nil || one.every() > 0 || two.every() > 0 { // those come at no minute that could be told beforehand
		return at, nil, err
	}
	const looks = 2000 // more than the rarer of two jobs has fires, unless it comes more often than daily: then soon or never
	for t, n := after, 0; n < looks; n++ {
		x, y := one.Next(t), two.Next(t)
		if x.IsZero() || y.IsZero() || t.Sub(after) > 366*24*time.Hour {
			break
		}
		if x.Truncate(time.Minute).Equal(y.Truncate(time.Minute)) {
			return x, shared, nil
		}
		t = x
		if y.After(x) {
			t = y
		}
		t = t.Add(-time.Nanosecond)
	}
	return time.Time{}, nil, nil
}
