package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheBusiestSecondMayBeginAnywhere(t *testing.T) {
	at := func(ms ...int) []time.Time {
		var all []time.Time
		for _, n := range ms {
			all = append(all, time.UnixMilli(int64(n)))
		}
		return all
	}
	for _, c := range []struct {
		at   []time.Time
		want int
	}{
		{nil, 0},
		{at(5), 1},
		{at(0, 999), 2},
		{at(0, 1000), 1},
		{at(0, 600, 900, 1100, 1599, 1600), 4},
	} {
		if got := mostWithin(c.at, time.Second); got != c.want {
			t.Errorf("%v: %d, not %d", c.at, got, c.want)
		}
	}
}

func TestACurveIsFlatWhereAnEmployeeCostsTheSameInAnyWorld(t *testing.T) {
	point := func(n int, cpu, postgres time.Duration) curvePoint {
		f := figure{CPU: cpu, Postgres: postgres, Wall: time.Second}
		return curvePoint{Employees: n, Rows: int64(10 * n), First: f, Unchanged: f}
	}
	c := curve{point(1000, time.Second, time.Second), point(10_000, 9*time.Second, 20*time.Second)}
	want := []string{
		"met    curve: an employee among 10,000 takes linkhouse 0.90 times the CPU of one among 1,000 at first, and 0.90 times when nothing changed (wanted: 1.3 or less)",
		"missed curve: an employee among 10,000 takes Postgres 2.00 times the CPU of one among 1,000 at first, and 2.00 times when nothing changed (wanted: 1.3 or less)",
	}
	if diff := cmp.Diff(want, c.targets()); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Split(c.text(), "\n"); len(lines) != 6 || len(lines[3]) != len(lines[4]) || !strings.Contains(lines[4], "10,000  100,000") {
		t.Errorf("%s", c.text())
	}
	if got := (curve{point(1000, time.Second, 0), point(2000, 2*time.Second, 0)}).targets(); len(got) != 1 {
		t.Errorf("of what is not known it says %q", got)
	}
}

func TestAStartIsToldInMilliseconds(t *testing.T) {
	s := &startup{Times: []time.Duration{90 * time.Millisecond, 50 * time.Millisecond}, Median: 90 * time.Millisecond}
	if got := s.text() + s.targets()[0]; !strings.Contains(got, "(50 90)") || !strings.Contains(got, "met    startup: the first request comes after 90 ms") {
		t.Error(got)
	}
}

func TestALatencyIsMeasuredAgainstWhatIsPossible(t *testing.T) {
	l := &latency{Requests: 1200, Wall: 4 * time.Second, Rate: 280, Plain: 300, Alone: 51200 * time.Microsecond}
	l.Limited.Requests, l.Limited.Wall, l.Limited.Rate, l.Limited.Most = 1200, 6*time.Second, 198, 211
	want := []string{
		"missed latency: a run makes 0.875 of the requests per second that the delay allows (wanted: 0.95 or more)",
		"missed latency: a run makes 0.896 of the requests per second that are possible (wanted: 0.95 or more)",
		"missed latency: a run makes 0.933 of the requests per second that the fetch makes (wanted: 0.95 or more)",
		"missed latency: at a rate of 200 a second the API saw 211 in the busiest one (wanted: 210 or less)",
	}
	if diff := cmp.Diff(want, l.targets()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(l.text(), "1,200 requests in 4.00 s: 280 per second over the whole run, of 312 that are possible and 300 that the fetch makes") {
		t.Error(l.text())
	}
}
