package page

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// states are the words for how a run stands, and how they look. What else is to be said of one the command line tells, which
// knows who asks.
var states = map[string]struct{ mark, words string }{
	load.RunRunning:     {"good", "It is under way."},
	load.RunComplete:    {"good", "It came to its end, and everything was read."},
	load.RunPartial:     {"warn", "It came to its end, with rejects, failed lists or failed documents."},
	load.RunGuarded:     {"bad", "A guard stopped a removal: more was gone from the API than removals.max_fraction believes. Nothing was marked as removed."},
	load.RunInterrupted: {"idle", "It was stopped before its end. What it read is saved; the next run of the same goes on."},
	load.RunUnavailable: {"bad", "The API, the warehouse or the archive was unavailable. What it read is saved; the next run of the same goes on."},
	load.RunRefused:     {"bad", "The API refused the credentials."},
	load.RunFailed:      {"bad", "It failed."},
	stateLost:           {"bad", "Its process ended without a word. What it read is saved; the next run of the same goes on."},
}

// stateLost is that of a run whose process is gone.
const stateLost = "lost"

// classes are the words for what ended a walk.
var classes = map[string]string{
	"refused": "the API refused the credentials", "not_found": "the API does not know the list", "invalid": "the API refused a request",
	"throttled": "the API asked to wait for too long", "unavailable": "the API was unavailable",
	"malformed": "the API's answers were broken",
	"too_large": "an answer was too large", "loop": "the list did not end", "canceled": "it was stopped",
}

func (r Run) state() string {
	if r.State == load.RunRunning && !r.Alive {
		return stateLost
	}
	return r.State
}

func (r Run) took(now time.Time) time.Duration {
	switch {
	case r.Finished != nil:
		return r.Finished.Sub(r.Started)
	case r.Alive:
		return now.Sub(r.Started)
	}
	return r.Updated.Sub(r.Started)
}

func runLink(id int64) string { return "runs/" + strconv.FormatInt(id, 10) }

// lastRuns is the table of the last runs.
func (p *Page) lastRuns(runs []Run, now time.Time) table {
	t := table{Caption: "The last runs", Columns: []column{{Name: "run"}, {Name: "state"}, {Name: "started"}, {Name: "took",
		Number: true}, {Name: "job"}, {Name: "what"}}}
	for _, r := range runs {
		started := stampOf(r.Started, now)
		job := r.Job
		if job == "" {
			job = "by hand"
		}
		id := cell{Text: "run " + strconv.FormatInt(r.ID, 10), Link: runLink(r.ID)}
		t.add(id, marked(r.state(), states[r.state()].mark), when(started), text(span(r.took(now))), text(job), text(p.what(r.RunRow)))
	}
	return t
}

// runView is the page of a run.
type runView struct {
	frame
	ID      string
	Known   bool
	Missing bool
	Since   string
	State   string
	Mark    string
	Words   string
	Facts   [][2]string
	Started *stamp
	Walks   table
	Command string
}

func (p *Page) runView(ctx context.Context, id int64) (runView, int) {
	ctx, cancel := context.WithTimeout(ctx, p.Patience)
	defer cancel()
	shown := p.run(id).get(ctx)
	run, now := shown.Value, p.Now()
	v := runView{frame: p.frame("../", fmt.Sprintf("run %d", id)), ID: strconv.FormatInt(id, 10), Known: run.Found,
		Missing: shown.Missing, Since: since(shown.Since)}
	switch {
	case shown.Missing:
		v.Again, v.Live = 2, v.ID
		return v, http.StatusServiceUnavailable
	case !run.Found:
		return p.noRun(v.ID), http.StatusNotFound
	}
	if run.Alive {
		v.Again, v.Live = 5, v.ID
	}
	v.State, v.Mark, v.Words = run.state(), states[run.state()].mark, states[run.state()].words
	v.Title = fmt.Sprintf("run %d: %s", id, v.State)
	started := stampOf(run.Started, now)
	v.Started = &started
	v.Facts = append(v.Facts, [2]string{"took", span(run.took(now))}, [2]string{"read", p.what(run.RunRow)})
	if run.Job != "" {
		v.Facts = append(v.Facts, [2]string{"job", run.Job})
	}
	if run.ExitCode != nil {
		v.Facts = append(v.Facts, [2]string{"exit code", strconv.Itoa(*run.ExitCode)})
	}
	v.Facts = append(v.Facts, [2]string{"machine", run.Host}, [2]string{"version", run.Version})
	v.Walks = p.walks(run.Walks, now)
	v.Command = p.Command("runs", "show", v.ID)
	return v, http.StatusOK
}

func (p *Page) noRun(id string) runView {
	v := runView{frame: p.frame("../", "no such run"), Command: p.Command("runs", "list")}
	if _, err := strconv.ParseInt(id, 10, 64); err == nil {
		v.ID = id
	}
	return v
}

// walkColumns are the counts of a walk, in the words and the order of the command line.
var walkColumns = []struct {
	name string
	of   func(*load.Counts) int64
}{
	{"listed", func(c *load.Counts) int64 { return c.Listed }},
	{"fetched", func(c *load.Counts) int64 { return c.Fetched }},
	{"new", func(c *load.Counts) int64 { return c.New }},
	{"changed", func(c *load.Counts) int64 { return c.Changed }},
	{"unchanged", func(c *load.Counts) int64 { return c.Unchanged }},
	{"returned", func(c *load.Counts) int64 { return c.Returned }},
	{"removed", func(c *load.Counts) int64 { return c.Removed }},
	{"rejected", func(c *load.Counts) int64 { return c.Rejected }},
	{"drift", func(c *load.Counts) int64 { return c.Drift }},
	{"rows written", func(c *load.Counts) int64 { return c.Rows }},
	{"api calls", func(c *load.Counts) int64 { return c.Requests }},
	{"retries", func(c *load.Counts) int64 { return c.Retries }},
}

// walks is a line per resource and their sum. Resources are read side by side, so what they took does not add up.
func (p *Page) walks(walks []load.WalkRow, now time.Time) table {
	t := table{Caption: "The run, resource by resource", Wide: true, Columns: []column{{Name: "resource"}, {Name: "state"}}}
	for _, c := range walkColumns {
		t.Columns = append(t.Columns, column{Name: c.name, Number: true})
	}
	t.Columns = append(t.Columns, column{Name: "took", Number: true})
	var sum load.Counts
	row := func(name, state cell, counts load.Counts, took string) {
		cells := []cell{name, state}
		for _, c := range walkColumns {
			cells = append(cells, number(c.of(&counts)))
		}
		t.add(append(cells, text(took))...)
	}
	walks = slices.Clone(walks) // of a value that is kept
	slices.SortStableFunc(walks, func(a, b load.WalkRow) int {
		return slices.Index(p.Resources, a.Resource) - slices.Index(p.Resources, b.Resource)
	})
	for _, w := range walks {
		state := cell{Text: w.State, Mark: walkMark(w.State), Note: classes[w.ErrorClass]}
		if w.State == load.WalkRunning {
			state.Text = "reading"
		}
		end := w.Updated
		if w.Finished != nil {
			end = *w.Finished
		} else if w.State == load.WalkRunning {
			end = now
		}
		row(text(w.Resource), state, w.Counts, span(end.Sub(w.Started)))
		sum.Add(w.Counts)
	}
	if len(walks) > 1 {
		row(text("total"), text(""), sum, "")
	}
	return t
}
