package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// runningRun is a run under way.
type runningRun struct {
	shownRun
	// About is how many objects each list had when it was last read whole, which is about how many it has now.
	About map[string]int64 `json:"about"`
}

// runningOf are those of the runs that are under way, with how far they are.
func runningOf(ctx context.Context, store *load.Store, runs []listedRun) ([]runningRun, error) {
	running := []runningRun{}
	for _, run := range runs {
		if !run.Alive {
			continue
		}
		walks, err := store.Walks(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		r := runningRun{shownRun{run, walks}, map[string]int64{}}
		if run.Scope == load.ScopeAll {
			listed, err := store.LastListed(ctx)
			if err != nil {
				return nil, err
			}
			for _, name := range run.Resources {
				if n := listed[name]; n > 0 {
					r.About[name] = n
				}
			}
		}
		running = append(running, r)
	}
	return running, nil
}

// running is what runs now, with how far it is.
func (s *statusAnswer) running(width int) string {
	if len(s.Running) == 0 {
		return "No run is under way.\n\n"
	}
	var out strings.Builder
	for i := range s.Running {
		r := &s.Running[i]
		fmt.Fprintf(&out, "Run %d is under way for %s: %s\n", r.ID, span(r.took(time.Now())), r.what())
		if far := r.far(); far != "" {
			out.WriteString(far + "\n")
		}
		t := walkTable(r.report())
		t.empty = "It has read nothing yet."
		out.WriteString("\n" + t.text(width) + "\n")
	}
	return out.String()
}

// far says of each resource that is not read to its end how much of it is, as far as the last time tells.
func (r *runningRun) far() string {
	var parts []string
	for _, name := range resources {
		about, known := r.About[name]
		if !known {
			continue
		}
		listed, state := int64(0), "waiting"
		if at := slices.IndexFunc(r.Walks, func(w load.WalkRow) bool { return w.Resource == name }); at >= 0 {
			listed, state = r.Walks[at].Listed, r.Walks[at].State
		}
		if state == load.RunRunning || state == "waiting" {
			parts = append(parts, fmt.Sprintf("%s %s of about %s", name, thousands(listed), thousands(about)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Still to be read: " + strings.Join(parts, ", ") + "."
}

// failedLists are the resources that a run did not read to their end, although it came to its own.
func failedLists(ctx context.Context, store *load.Store, run load.RunRow) (names []string, err error) {
	if run.State != load.RunPartial && run.State != load.RunGuarded {
		return nil, nil
	}
	walks, err := store.Walks(ctx, run.ID)
	for _, w := range walks {
		if w.State == load.WalkFailed && !slices.Contains(names, w.Resource) {
			names = append(names, w.Resource)
		}
	}
	return names, err
}

// guardedWalk is a removal that was stopped and that nothing has settled since.
type guardedWalk struct {
	load.GuardedWalk
	again []string // the command that does the same
}

// guardedOf are the removals that a guard stopped, with the runs to do again.
func guardedOf(ctx context.Context, store *load.Store) ([]guardedWalk, error) {
	walks, err := store.GuardedWalks(ctx)
	if err != nil {
		return nil, err
	}
	guarded := []guardedWalk{}
	for _, w := range walks {
		again := listedRun{RunRow: load.RunRow{Resources: []string{w.Resource}, Scope: w.Scope}}.again()
		guarded = append(guarded, guardedWalk{w, again})
	}
	return guarded, nil
}

func (g *guardedWalk) named() string {
	if g.Scope == load.ScopeAll {
		return g.Resource
	}
	return g.Resource + " (" + g.Scope + ")"
}
