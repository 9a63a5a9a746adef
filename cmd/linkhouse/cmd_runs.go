package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

type runsCmd struct {
	List runsListCmd `cmd:"" help:"List the last runs."`
	Show runsShowCmd `cmd:"" help:"Show one run with its walks."`
	Diff runsDiffCmd `cmd:"" help:"Show what differs between two runs."`
}

type runsListCmd struct {
	output
	Limit int `default:"20" placeholder:"N" help:"How many runs to list, the last ones. Default: ${default}."`
}

// Help is the long help of the verb.
func (runsListCmd) Help() string {
	return `Lists the last runs, newest first. States: running, complete, partial (with rejects or failed lists), guarded (a
removal was stopped), interrupted, unavailable, refused (credentials), failed, and lost: the process ended without a
word, and the next run of the same goes on.

Examples:

    linkhouse runs list
    linkhouse runs list --limit 100 --output json`
}

// listedRun is a run with what its row cannot tell.
type listedRun struct {
	load.RunRow
	Alive bool `json:"alive"` // it stands as running, and somebody works on it
}

func (r listedRun) state() string {
	if r.State == load.RunRunning && !r.Alive {
		return "lost"
	}
	return r.State
}

// what is what the run was to read.
func (r listedRun) what() string {
	what := strings.Join(r.Resources, " ")
	if len(r.Resources) == len(resources) {
		what = "everything"
	} else if len(r.Resources) > 2 {
		what = counted(len(r.Resources), "resource")
	}
	if r.Scope != load.ScopeAll {
		what += ", " + r.Scope
	}
	return what
}

// again is the command that does the same work, and so goes on with a run that did not come to its end.
func (r listedRun) again() []string {
	switch r.Job {
	case "replay":
		return []string{"rejects", "replay", "--all"}
	case "documents":
		return append([]string{"documents", "retry"}, r.Flags...)
	}
	if name, _, _ := strings.Cut(r.Job, " "); name == backfillJob {
		return r.backfill()
	}
	words := []string{"sync"}
	switch {
	case r.Job != "":
		words = append(words, "--job", r.Job)
	case len(r.Resources) < len(resources):
		words = append(words, r.Resources...)
	}
	if employer, ok := strings.CutPrefix(r.Scope, "employer="); ok {
		words = append(words, "--employer", employer)
	}
	if user, ok := strings.CutPrefix(r.Scope, "user="); ok {
		words = append(words, "--user", user)
	}
	if r.Job == "" && len(r.Include) > 0 && len(r.Include) < len(projections) {
		words = append(words, "--include", strings.Join(r.Include, ","))
	}
	return append(words, r.Flags...)
}

func (r listedRun) took(now time.Time) time.Duration {
	switch {
	case r.Finished != nil:
		return r.Finished.Sub(r.Started)
	case r.Alive:
		return now.Sub(r.Started)
	}
	return r.Updated.Sub(r.Started)
}

// lastRuns are the last runs, newest first.
func lastRuns(ctx context.Context, store *load.Store, limit int) ([]listedRun, error) {
	rows, err := store.Runs(ctx, limit)
	if err != nil {
		return nil, err
	}
	runs := make([]listedRun, 0, len(rows))
	for _, row := range rows {
		alive, err := store.Alive(ctx, row)
		if err != nil {
			return nil, err
		}
		runs = append(runs, listedRun{row, alive})
	}
	return runs, nil
}

func runsTable(runs []listedRun) table {
	t := table{empty: "No run yet. To begin: linkhouse sync", columns: []column{
		{name: "run", numeric: true}, {name: "started (UTC)"}, {name: "job", spare: true}, {name: "state"}, {name: "exit", numeric: true},
		{name: "took", numeric: true}, {name: "what"},
	}}
	for _, r := range runs {
		exit := ""
		if r.ExitCode != nil {
			exit = strconv.Itoa(*r.ExitCode)
		}
		t.rows = append(t.rows, []string{strconv.FormatInt(r.ID, 10), instant(r.Started), r.Job, r.state(), exit, span(r.took(time.Now())), r.what()})
	}
	return t
}

// Run lists the runs.
func (c *runsListCmd) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return misuse("write --limit 1 or more", "there is nothing to list")
	}
	return a.readStore(ctx, func(store *load.Store) error {
		runs, err := lastRuns(ctx, store, c.Limit)
		if err != nil {
			return err
		}
		return c.show(a.stdout, runs, runsTable(runs))
	})
}

type runsShowCmd struct {
	output
	ID int64 `arg:"" help:"Number of the run, as linkhouse runs list shows it."`
}

// Help is the long help of the verb.
func (runsShowCmd) Help() string {
	return `Shows how a run went, resource by resource, also while it is under way.

Example:

    linkhouse runs show 17`
}

// shownRun is a run with its walks.
type shownRun struct {
	listedRun
	Walks []load.WalkRow `json:"walks"`
}

// Run shows the run.
func (c *runsShowCmd) Run(ctx context.Context, a *app) error {
	return a.readStore(ctx, func(store *load.Store) error {
		run, err := a.shownRun(ctx, store, c.ID)
		if err != nil {
			return err
		}
		if c.Output == "json" {
			return c.show(a.stdout, run, table{})
		}
		return run.write(a)
	})
}

// shownRun is the run of that number.
func (a *app) shownRun(ctx context.Context, store *load.Store, id int64) (*shownRun, error) {
	row, ok, err := store.RunByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, misuse(a.command("runs", "list")+" shows those there are", fmt.Sprintf("there is no run %d", id))
	}
	alive, err := store.Alive(ctx, row)
	if err != nil {
		return nil, err
	}
	walks, err := store.Walks(ctx, id)
	if walks == nil {
		walks = []load.WalkRow{}
	}
	return &shownRun{listedRun{row, alive}, walks}, err
}

func (r *shownRun) write(a *app) error {
	lines := []string{fmt.Sprintf("Run %d: %s, %s", r.ID, r.what(), r.state())}
	if r.Job != "" {
		lines[0] = fmt.Sprintf("Run %d of the job %s: %s, %s", r.ID, r.Job, r.what(), r.state())
	}
	lines = append(lines, fmt.Sprintf("Began %s UTC on %s with version %s, took %s.", instant(r.Started), r.Host, r.Version, span(r.took(time.Now()))))
	if len(r.Include) > 0 && len(r.Include) < len(projections) {
		lines = append(lines, "Of employees: "+strings.Join(r.Include, ", ")+".")
	}
	if r.Message != "" {
		lines = append(lines, "It said: "+r.Message)
	}
	if _, err := fmt.Fprintln(a.stdout, strings.Join(lines, "\n")+"\n"); err != nil {
		return err
	}
	report := r.report()
	t := walkTable(report)
	t.empty = "It read nothing."
	if err := t.write(a.stdout); err != nil {
		return err
	}
	for _, w := range report.Walks {
		if w.Error == "" {
			continue
		}
		if _, err := fmt.Fprintf(a.stdout, "\n%s: %s\n", w.Resource, printable(w.Error)); err != nil {
			return err
		}
	}
	return nil
}

// report is the run in the form in which it ended, for the closing table.
func (r *shownRun) report() *schedules.Report {
	report := &schedules.Report{RunID: r.ID, Seconds: r.took(time.Now()).Seconds()}
	for _, w := range r.Walks {
		end := w.Updated
		if w.Finished != nil {
			end = *w.Finished
		}
		report.Walks = append(report.Walks, schedules.WalkReport{Resource: w.Resource, Scope: w.Scope, State: w.State, Counts: w.Counts,
			Seconds: end.Sub(w.Started).Seconds(), Error: w.Error, ErrorClass: w.ErrorClass})
	}
	slices.SortStableFunc(report.Walks, func(a, b schedules.WalkReport) int {
		return slices.Index(resources, a.Resource) - slices.Index(resources, b.Resource)
	})
	return report
}
