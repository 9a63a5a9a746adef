package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"time"
)

// A distant API: every answer takes so long, and so many may be waited for at the same time.
const (
	distance  = 50 * time.Millisecond
	inFlight  = 16
	askedRate = 200 // requests per second, where a rate is configured
)

// latency is how well linkhouse uses the requests that it may have in flight, and whether it keeps to a configured rate.
type latency struct {
	Requests int64         `json:"requests"`
	Wall     time.Duration `json:"wall_ns"` // of the whole run, its start and end included
	Rate     float64       `json:"requests_per_second"`
	Plain    float64       `json:"plain_requests_per_second"` // of the program that fetches the same and discards it
	// Alone is how long a request takes when there is no other: the delay, the waking up behind it, and the answer.
	Alone   time.Duration `json:"request_alone_ns"`
	Limited struct {
		Requests int64         `json:"requests"`
		Wall     time.Duration `json:"wall_ns"`
		Rate     float64       `json:"requests_per_second"`
		Most     int           `json:"most_in_a_second"` // in any, wherever it begins
	} `json:"limited"`
}

func (b *bench) latency(ctx context.Context, scale float64) (_ *latency, err error) {
	w := world{name: nameLatency, employers: 20, employees: 8000, statements: 3, lines: 4}.scaled(scale)
	b.say("latency: %d employees, %s to every answer", w.employees, distance)
	s, err := b.serve(ctx, w, "--latency", distance.String())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.api.stop()) }()
	var l latency
	if l.Alone, err = alone(ctx, newReader(s.api.url)); err != nil {
		return nil, err
	}
	f, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	l.Plain = float64(f.Requests) / f.Wall.Seconds()
	if f, _, err = s.load(ctx, nameLatency); err != nil {
		return nil, err
	}
	l.Requests, l.Wall = f.Requests, f.Wall
	l.Rate = float64(f.Requests) / f.Wall.Seconds()
	f, _, err = s.load(ctx, nameLatency+"-limited", fmt.Sprintf("LINKHOUSE_ATOMIC_REQUESTS_PER_SECOND=%d", askedRate))
	if err != nil {
		return nil, err
	}
	l.Limited.Requests, l.Limited.Wall = f.Requests, f.Wall
	l.Limited.Rate = float64(f.Requests) / f.Wall.Seconds()
	at, err := s.api.asked(ctx, f.Begun)
	if err != nil {
		return nil, err
	}
	if int64(len(at)) != f.Requests {
		return nil, fmt.Errorf("latency: the sandbox remembers %d of %d requests", len(at), f.Requests)
	}
	l.Limited.Most = mostWithin(at, time.Second)
	return &l, nil
}

// alone is how long a request takes when there is no other, the median of some.
func alone(ctx context.Context, r *reader) (time.Duration, error) {
	took := make([]time.Duration, 41)
	for i := range took {
		began := time.Now()
		if err := r.get(ctx, "/employers", url.Values{"limit": {"1"}}, io.Discard); err != nil {
			return 0, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// possible is the most requests per second that can be made of requests which take that long.
func (l *latency) possible() float64 { return inFlight / l.Alone.Seconds() }

// load is a first load into a database of its own.
func (s *stage) load(ctx context.Context, phase string, settings ...string) (figure, string, error) {
	database, err := s.database(ctx, filepath.Base(phase))
	if err != nil {
		return figure{}, "", err
	}
	f, err := s.sync(ctx, phase, database, settings...)
	return f, database, err
}

// mostWithin is how many of the times, which are in order, lie in any span of that length.
func mostWithin(at []time.Time, span time.Duration) int {
	most, from := 0, 0
	for to := range at {
		for at[to].Sub(at[from]) >= span {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func (l *latency) text() string {
	return fmt.Sprintf(`latency: %s to every answer, so that a request alone takes %.1f ms, and %d requests in flight
  %s requests in %.2f s: %.0f per second over the whole run, of %.0f that are possible and %.0f that the fetch makes
  %s requests in %.2f s with a rate of %d: %.0f per second over the whole run, %d in the busiest second
`, distance, l.Alone.Seconds()*1000, inFlight, thousands(l.Requests), l.Wall.Seconds(), l.Rate, l.possible(), l.Plain,
		thousands(l.Limited.Requests), l.Limited.Wall.Seconds(), askedRate, l.Limited.Rate, l.Limited.Most)
}

func (l *latency) targets() []string {
	const allowed = float64(inFlight) * float64(time.Second) / float64(distance)
	return []string{
		verdict(l.Rate >= wantLatency*allowed, nameLatency, "a run makes %.3f of the requests per second that the delay allows (wanted: %.2f or more)",
			l.Rate/allowed, wantLatency),
		// The server's timers and the answer come on top of the delay, also for a request that is alone.
		verdict(l.Rate >= wantLatency*l.possible(), nameLatency, "a run makes %.3f of the requests per second that are possible (wanted: %.2f or more)",
			l.Rate/l.possible(), wantLatency),
		verdict(l.Rate >= wantLatency*l.Plain, nameLatency, "a run makes %.3f of the requests per second that the fetch makes (wanted: %.2f or more)",
			l.Rate/l.Plain, wantLatency),
		// The limiter lets a few go together, and what was sent apart may arrive closer.
		verdict(float64(l.Limited.Most) <= 1.05*askedRate, nameLatency, "at a rate of %d a second the API saw %d in the busiest one (wanted: %.0f or less)",
			askedRate, l.Limited.Most, 1.05*askedRate),
	}
}

func (l *latency) goBench() string {
	return fmt.Sprintf("BenchmarkLatency/free 1 %d ns/op %.1f requests/s\nBenchmarkLatency/limited 1 %d ns/op %.1f requests/s %d requests/busiest-s\n",
		l.Wall.Nanoseconds(), l.Rate, l.Limited.Wall.Nanoseconds(), l.Limited.Rate, l.Limited.Most)
}
