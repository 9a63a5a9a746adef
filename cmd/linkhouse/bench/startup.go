package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// starts is how often a start is measured.
const starts = 10

// startup is how long it takes from the start of a process to its first request at the API, on a warehouse whose tables are
// there.
type startup struct {
	Times  []time.Duration `json:"times_ns"`
	Median time.Duration   `json:"median_ns"`
}

func (b *bench) startup(ctx context.Context) (_ *startup, err error) {
	b.say("startup: %d starts", starts)
	s, err := b.serve(ctx, world{name: nameStartup, employers: 1, employees: 1, statements: 1, lines: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.api.stop()) }()
	database, err := s.database(ctx, nameStartup)
	if err != nil {
		return nil, err
	}
	if _, err := s.sync(ctx, nameStartup, database); err != nil { // the first one loads
		return nil, err
	}
	var all startup
	for range starts {
		f, err := s.sync(ctx, nameStartup, database)
		if err != nil {
			return nil, err
		}
		at, err := s.api.asked(ctx, f.Begun)
		if err != nil {
			return nil, err
		}
		if len(at) == 0 {
			return nil, errors.New("startup: nothing was asked")
		}
		all.Times = append(all.Times, at[0].Sub(f.Begun))
	}
	all.Median = slices.Sorted(slices.Values(all.Times))[starts/2]
	return &all, nil
}

func (s *startup) text() string {
	return fmt.Sprintf("startup: %d ms from the process's start to its first request, the median of %d (%s)\n", s.Median.Milliseconds(), starts, s.list())
}

func (s *startup) list() string {
	var all []string
	for _, t := range slices.Sorted(slices.Values(s.Times)) {
		all = append(all, fmt.Sprint(t.Milliseconds()))
	}
	return strings.Join(all, " ")
}

func (s *startup) targets() []string {
	return []string{verdict(s.Median < wantStartup, nameStartup, "the first request comes after %d ms (wanted: less than %d ms)",
		s.Median.Milliseconds(), wantStartup.Milliseconds())}
}

func (s *startup) goBench() string {
	var out strings.Builder
	for _, t := range s.Times {
		fmt.Fprintf(&out, "BenchmarkStartup 1 %d ns/op\n", t.Nanoseconds())
	}
	return out.String()
}
