package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// The states of a resource.
const (
	resourceFresh  = "fresh"
	resourceLate   = "late"
	resourceNever  = "never read"
	resourceUnread = "not read" // PayLink without a user
)

// freshness is the age of a resource against what is expected; one that was never read completely has no times.
type freshness struct {
	Resource     string     `json:"resource"`
	State        string     `json:"state"`
	LastComplete *time.Time `json:"last_complete_at"`
	RunID        *int64     `json:"last_run_id"`
	LagSeconds   *int64     `json:"lag_seconds"`
	Expected     int64      `json:"expected_within_seconds"`
	Jobs         []string   `json:"jobs"` // of the timetable, that read it
}

// freshness compares the age of every resource with what its jobs make one expect, or else with what alerts go by.
func (c *Config) freshness(complete []load.Freshness, now time.Time) []freshness {
	var all []freshness
	for _, name := range resources {
		expected, err := schedules.Expect(c.Schedules.All, name, now)
		if err != nil || expected.Within == 0 { // no job, or one that comes too rarely to be waited for
			expected.Within = c.Alerts.StaleAfter
		}
		f := freshness{Resource: name, State: resourceNever, Expected: int64(expected.Within.Seconds()), Jobs: expected.Jobs}
		if f.Jobs == nil {
			f.Jobs = []string{}
		}
		if at := slices.IndexFunc(complete, func(row load.Freshness) bool { return row.Resource == name }); at >= 0 {
			row := complete[at]
			f.LastComplete, f.RunID, f.LagSeconds, f.State = &row.LastComplete, &row.RunID, &row.LagSeconds, resourceFresh
			if row.LagSeconds > f.Expected {
				f.State = resourceLate
			}
		}
		if !c.reads(name) && f.State != resourceFresh {
			f.State = resourceUnread
		}
		all = append(all, f)
	}
	return all
}

// triedRuns is how far back is looked for a run that tried to read what was never read.
const triedRuns = 500

// tried are those of some resources over all of which a run has ended, however it did; one that was stopped is gone on with. A list that
// has failed in every night since the first is never late.
func tried(ctx context.Context, store *load.Store, names []string) (found []string, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := store.Runs(ctx, triedRuns)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		run := listedRun{RunRow: row}
		if row.Scope != load.ScopeAll || row.State == load.RunInterrupted || run.again()[0] != "sync" {
			continue
		}
		if row.State == load.RunRunning {
			if run.Alive, err = store.Alive(ctx, row); err != nil {
				return nil, err
			}
		}
		if !run.Alive {
			found = append(found, row.Resources...)
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(found, name) }), nil
}

// unread are the resources that jobs read, that never came to their end, and that nobody reads now.
func (s *statusAnswer) unread() (names []string) {
	for _, f := range s.Freshness {
		now := slices.ContainsFunc(s.Running, func(r runningRun) bool { return r.Scope == load.ScopeAll && slices.Contains(r.Resources, f.Resource) })
		if f.State == resourceNever && len(f.Jobs) > 0 && !now {
			names = append(names, f.Resource)
		}
	}
	return names
}

// late are the resources that are.
func (s *statusAnswer) late() (names []string) {
	for _, f := range s.Freshness {
		if f.State == resourceLate {
			names = append(names, f.Resource)
		}
	}
	return names
}

func freshnessTable(all []freshness) table {
	t := table{columns: []column{{name: "resource"}, {name: "state"}, {name: "last complete (UTC)"}, {name: "age", numeric: true},
		{name: "expected within", numeric: true}, {name: "by", spare: true}, {name: "run", numeric: true}}}
	for _, f := range all {
		row := []string{f.Resource, f.State, "never", "", brieflySpan(time.Duration(f.Expected) * time.Second), strings.Join(f.Jobs, ", "), ""}
		if f.LastComplete != nil {
			row[2], row[3], row[6] = instant(*f.LastComplete), span(time.Duration(*f.LagSeconds)*time.Second), fmt.Sprint(*f.RunID)
		}
		t.rows = append(t.rows, row)
	}
	return t
}
