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
	return `Shows how fresh each resource is against what the timetable makes one expect, what runs now and how far it is, the last runs,
the documents by state, and what needs a person, with the command for it. It asks the warehouse only, not the API.

Examples:

    linkhouse status
    linkhouse status --output json`
}

// statusAnswer is the status as programs read it.
type statusAnswer struct {
	Freshness []freshness      `json:"freshness"`
	Running   []runningRun     `json:"running"`
	LastRuns  []listedRun      `json:"last_runs"`
	Documents map[string]int64 `json:"documents"` // by state
	Attention load.Attention   `json:"attention"`
	Guarded   []guardedWalk    `json:"guarded"` // nil where they were not asked for
	Needs     []need           `json:"needs"`

	tried  []string // resources that were never read to their end, though a run has tried
	failed []string // those that the last run did not read to their end, and came to its own
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
	config, log, err := a.configuration()
	if err != nil {
		return err
	}
	return notAllowed(a.withStore(ctx, config, log, false, func(store *load.Store) error {
		status, err := config.statusOf(ctx, store)
		if err != nil {
			return err
		}
		status.Needs = a.needs(status)
		if c.Output == "json" {
			return c.show(a.stdout, status, table{})
		}
		return status.write(a)
	}))
}

func (c *Config) statusOf(ctx context.Context, store *load.Store) (*statusAnswer, error) {
	s := &statusAnswer{Running: []runningRun{}, Guarded: []guardedWalk{}}
	complete, err := store.Freshness(ctx)
	if err != nil {
		return nil, err
	}
	s.Freshness = c.freshness(complete, time.Now())
	if s.LastRuns, err = lastRuns(ctx, store, statusRuns); err != nil {
		return nil, err
	}
	if s.Running, err = runningOf(ctx, store, s.LastRuns); err != nil {
		return nil, err
	}
	if s.tried, err = tried(ctx, store, s.unread()); err != nil {
		return nil, err
	}
	if len(s.LastRuns) > 0 {
		if s.failed, err = failedLists(ctx, store, s.LastRuns[0].RunRow); err != nil {
			return nil, err
		}
	}
	if s.Documents, err = store.DocumentCounts(ctx); err != nil {
		return nil, err
	}
	if s.Guarded, err = guardedOf(ctx, store); err != nil {
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
		switch state := last.state(); {
		case state == load.RunGuarded && s.Guarded == nil: // only the runs are known
			add("A guard stopped a removal in the last run.", show...)
		case state == load.RunRefused:
			add("The API refused the credentials of the last run: check atomic.api_key and atomic.api_secret.", "check")
		case state == load.RunUnavailable:
			add("The last run could not reach the API, the warehouse or the archive. To go on:", last.again()...)
		case state == load.RunInterrupted, state == "lost":
			add("The last run did not come to its end. To go on:", last.again()...)
		case state == load.RunFailed:
			add("The last run failed.", show...)
		}
		if len(s.failed) > 0 {
			add("The last run did not read to the end: "+strings.Join(s.failed, ", ")+". To see why:", show...)
		}
	}
	for _, g := range s.Guarded {
		add(fmt.Sprintf("A guard stopped the removal of %s in run %d. To look:", g.named(), g.RunID), "runs", "show", fmt.Sprint(g.RunID))
		add("And where the API is right, to let it pass:", append(g.again, "--approve-removals")...)
	}
	if len(s.tried) > 0 {
		add("Never read to the end, though a run has tried: "+strings.Join(s.tried, ", ")+". To try again:", append([]string{"sync"}, s.tried...)...)
	}
	if late := s.late(); len(late) > 0 {
		add("Later than the timetable makes one expect: "+strings.Join(late, ", ")+". To read them now:", append([]string{"sync"}, late...)...)
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
	width := terminalWidth(a.stdout)
	out.WriteString(freshnessTable(s.Freshness).text(width) + "\n")
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
