package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
	"github.com/linkhouse/linkhouse/transform"
)

// estimate is what a backfill would take, as far as the warehouse knows.
type estimate struct {
	Resource      string  `json:"resource"`
	Known         bool    `json:"known"` // whether the warehouse has anything of it
	ListCalls     int64   `json:"list_calls"`
	DetailCalls   int64   `json:"detail_calls"`
	Documents     int64   `json:"documents"`
	DocumentCalls int64   `json:"document_calls"`
	Calls         int64   `json:"calls"`
	Rows          int64   `json:"rows"`
	PerSecond     float64 `json:"calls_per_second"` // 0: not known
	Seconds       float64 `json:"seconds"`          // 0: not known
	Basis         string  `json:"basis"`
}

// estimate tells what the backfill would take, without a request.
func (c *backfillCmd) estimate(ctx context.Context, a *app) error {
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	plan, err := c.plan(a, config)
	if err != nil {
		return err
	}
	return notAllowed(a.withStore(ctx, config, log, false, func(store *load.Store) error {
		if plan.Resources[0].PerUser && plan.Users == nil {
			named, err := config.namedUsers()
			if err == nil {
				named, err = config.usersOf(ctx, store, named)
			}
			if err != nil {
				return err
			}
			plan.Users = usersFrom(named)
		}
		e, err := estimated(ctx, store, plan, int64(config.Atomic.PageSize))
		if err != nil {
			return err
		}
		return e.write(a, c.output)
	}))
}

func usersFrom(users []string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return users, nil }
}

func estimated(ctx context.Context, store *load.Store, plan schedules.Plan, pageSize int64) (e estimate, err error) {
	r := plan.Resources[0]
	part := load.Part{Employer: plan.Employer, IDs: plan.IDs, From: plan.From, Until: plan.Until, Include: plan.Include}
	if plan.Users != nil {
		if part.Users, err = plan.Users(ctx); err != nil {
			return e, err
		}
	}
	known, err := store.Known(ctx, r, part, plan.Refetch)
	if err != nil {
		return e, err
	}
	pace, err := store.Pace(ctx, r.Name)
	if err != nil {
		return e, err
	}
	e = estimate{
		Resource: r.Name, Known: known.Listed > 0, ListCalls: listCalls(r, part, known.Listed, pageSize), Rows: known.Rows,
		PerSecond: pace.CallsPerSecond, Basis: basis(r, pace),
	}
	if r.Detail != "" {
		e.DetailCalls = known.Objects
	}
	if plan.IDs != nil {
		e.DetailCalls = int64(len(plan.IDs)) // those that the warehouse does not know are asked for as well
	}
	if !plan.NoDocuments {
		e.Documents = known.Files
		e.DocumentCalls = 2 * known.Files // for a fresh link, and for what is behind it
	}
	e.Calls = e.ListCalls + e.DetailCalls + e.DocumentCalls
	if e.PerSecond > 0 {
		e.Seconds = float64(e.Calls) / e.PerSecond
	}
	return e, nil
}

// listCalls is how many requests the lists take.
func listCalls(r *transform.Resource, part load.Part, listed, pageSize int64) int64 {
	switch {
	case r.PerUser:
		return int64(len(part.Users))
	case part.Employer != "" && !r.ByEmployer:
		return 0 // its id names it
	}
	return max(1, (listed+pageSize-1)/pageSize)
}

// basis says from what the pace is known.
func basis(r *transform.Resource, pace load.Pace) string {
	switch {
	case pace.Walks == 0:
		return "nothing was read to its end yet"
	case pace.Other && pace.Walks == 1:
		return "the last list that was read"
	case pace.Other:
		return fmt.Sprintf("the last %d lists that were read", pace.Walks)
	case pace.Walks == 1:
		return "the last time " + r.Name + " were read"
	}
	return fmt.Sprintf("the last %d times %s were read", pace.Walks, r.Name)
}

func (e estimate) write(a *app, o output) error {
	if o.Output == "json" {
		return o.show(a.stdout, e, table{})
	}
	t := table{columns: []column{{name: "resource"}}}
	for _, name := range []string{"lists", "details", "documents", "calls", "takes", "rows"} {
		t.columns = append(t.columns, column{name: name, numeric: true})
	}
	takes := "?"
	if e.PerSecond > 0 {
		takes = span(time.Duration(e.Seconds * float64(time.Second)))
	}
	t.rows = [][]string{{
		e.Resource, thousands(e.ListCalls), thousands(e.DetailCalls), thousands(e.DocumentCalls), thousands(e.Calls), takes, thousands(e.Rows),
	}}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.stdout, "\n"+strings.Join(e.says(), "\n"))
	return err
}

// says is what the figures rest on.
func (e estimate) says() (lines []string) {
	if e.PerSecond > 0 {
		lines = append(lines, fmt.Sprintf("At %s calls a second, as in %s; four times as long while another run is under way.",
			strconv.FormatFloat(e.PerSecond, 'f', 1, 64), e.Basis))
	} else {
		lines = append(lines, "How long it takes is not known: "+e.Basis+".")
	}
	if !e.Known {
		lines = append(lines, "The warehouse has nothing of it yet: there may be any number of details and rows.")
	} else {
		lines = append(lines, "These are what the warehouse knows of it; what is new comes on top.")
	}
	return append(lines, "Nothing was sent and nothing written.")
}
