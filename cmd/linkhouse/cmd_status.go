package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

type statusCmd struct{ output }

// Help is the long help of the verb.
func (statusCmd) Help() string {
	return `Shows how fresh each resource is, what runs now, the last runs, the documents by state, and what needs a person, with the
command for it. It asks the warehouse only, not the API.

Examples:

    linkhouse status
    linkhouse status --output json`
}

// statusAnswer is the status as programs read it.
type statusAnswer struct {
	Freshness []freshness      `json:"freshness"`
	Running   []shownRun       `json:"running"`
	LastRuns  []listedRun      `json:"last_runs"`
	Documents map[string]int64 `json:"documents"` // by state
	Attention load.Attention   `json:"attention"`
	Needs     []need           `json:"needs"`
}

// freshness is the age of a resource; one that was never read completely has no times.
type freshness struct {
	Resource     string     `json:"resource"`
	LastComplete *time.Time `json:"last_complete_at"`
	RunID        *int64     `json:"last_run_id"`
	LagSeconds   *int64     `json:"lag_seconds"`
}

// need is something that needs a person.
type need struct {
	What    string `json:"what"`
	Command string `json:"command"`
}

// statusRuns is how many of the last runs the status shows.
const statusRuns = 5

// Run shows the status.
func (c *statusCmd) Run(ctx context.Context, a *app) error {
	return a.readStore(ctx, func(store *load.Store) error {
		status, err := statusOf(ctx, store)
		if err != nil {
			return err
		}
		status.Needs = a.needs(status)
		if c.Output == "json" {
			return c.show(a.stdout, status, table{})
		}
		return status.write(a)
	})
}

func statusOf(ctx context.Context, store *load.Store) (*statusAnswer, error) {
	s := &statusAnswer{Running: []shownRun{}}
	complete, err := store.Freshness(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range resources {
		f := freshness{Resource: name}
		for _, row := range complete {
			if row.Resource == name {
				f.LastComplete, f.RunID, f.LagSeconds = &row.LastComplete, &row.RunID, &row.LagSeconds
			}
		}
		s.Freshness = append(s.Freshness, f)
	}
	if s.LastRuns, err = lastRuns(ctx, store, statusRuns); err != nil {
		return nil, err
	}
	for _, run := range s.LastRuns {
		if !run.Alive {
			continue
		}
		walks, err := store.Walks(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		s.Running = append(s.Running, shownRun{run, walks})
	}
	if s.Documents, err = store.DocumentCounts(ctx); err != nil {
		return nil, err
	}
	latest := int64(0)
	if len(s.LastRuns) > 0 {
		latest = s.LastRuns[0].ID
	}
	s.Attention, err = store.Attention(ctx, latest)
	return s, err
}

// needs says what needs a person, the worst first.
func (a *app) needs(s *statusAnswer) []need {
	needs := []need{}
	add := func(what string, command ...string) { needs = append(needs, need{what, a.command(command...)}) }
	if len(s.LastRuns) == 0 {
		add("Nothing was ever read.", "sync")
		return needs
	}
	if last := s.LastRuns[0]; !last.Alive {
		show := []string{"runs", "show", fmt.Sprint(last.ID)}
		switch last.state() {
		case load.RunGuarded:
			add("A guard stopped a removal in the last run.", show...)
		case load.RunRefused:
			add("The API refused the credentials of the last run: check atomic.api_key and atomic.api_secret.", "check")
		case load.RunUnavailable:
			add("The last run could not reach the API, the warehouse or the archive. To go on:", last.again()...)
		case load.RunInterrupted, "lost":
			add("The last run did not come to its end. To go on:", last.again()...)
		case load.RunFailed:
			add("The last run failed.", show...)
		}
	}
	if n := s.Attention.OpenRejects; n > 0 {
		add(counted(int(n), "record")+" could not be loaded.", "rejects", "list")
	}
	if n := s.Attention.FailedDocuments; n > 0 {
		add(counted(int(n), "document")+" could not be archived; every sync tries them again. To do so now:", "documents", "retry")
	}
	if n := s.Attention.LostDocuments; n > 0 {
		add(lostWords(n)+" To see them:", "documents", "list", "--state", load.DocumentFailed)
	}
	if n := s.Attention.NewDrift; n > 0 {
		add("The last run met "+counted(int(n), "field or value")+" for the first time that the references do not tell of.", "drift", "list")
	}
	return needs
}

func (s *statusAnswer) write(a *app) error {
	var out strings.Builder
	t := table{columns: []column{{name: "resource"}, {name: "last complete (UTC)"}, {name: "age", numeric: true}, {name: "run", numeric: true}}}
	for _, f := range s.Freshness {
		row := []string{f.Resource, "never", "", ""}
		if f.LastComplete != nil {
			row = []string{f.Resource, instant(*f.LastComplete), span(time.Duration(*f.LagSeconds) * time.Second), fmt.Sprint(*f.RunID)}
		}
		t.rows = append(t.rows, row)
	}
	width := terminalWidth(a.stdout)
	out.WriteString(t.text(width) + "\n")
	out.WriteString(s.running(width))
	if len(s.LastRuns) > 0 {
		out.WriteString("Last runs:\n\n" + runsTable(s.LastRuns).text(width) + "\n")
	}
	out.WriteString("Documents: " + documentsByState(s.Documents) + ".\n\n")
	if len(s.Needs) == 0 {
		out.WriteString("Nothing needs attention.\n")
	}
	for _, n := range s.Needs {
		out.WriteString(n.What + "\n  " + n.Command + "\n")
	}
	_, err := fmt.Fprint(a.stdout, out.String())
	return err
}

// running is what runs now, with how far it is.
func (s *statusAnswer) running(width int) string {
	if len(s.Running) == 0 {
		return "No run is under way.\n\n"
	}
	var out strings.Builder
	for _, r := range s.Running {
		fmt.Fprintf(&out, "Run %d is under way for %s: %s\n\n", r.ID, span(r.took(time.Now())), r.what())
		t := walkTable(r.report())
		t.empty = "It has read nothing yet."
		out.WriteString(t.text(width) + "\n")
	}
	return out.String()
}

// documentsByState counts them in the order in which they need somebody.
func documentsByState(counts map[string]int64) string {
	parts := []string{thousands(counts[load.DocumentArchived]) + " archived"}
	for _, state := range []struct{ name, words string }{
		{load.DocumentPending, "waiting"}, {load.DocumentAbsent, "without a link at present"}, {load.DocumentFailed, "failed"},
	} {
		if n := counts[state.name]; n > 0 {
			parts = append(parts, thousands(n)+" "+state.words)
		}
	}
	return strings.Join(parts, ", ")
}
