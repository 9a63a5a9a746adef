package page

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// nowView is what runs now.
type nowView struct {
	// Key changes when a run begins or ends: then all of the page is out of date.
	Key     string
	Missing bool
	Since   string
	Runs    []runningView
	// Next is what comes next, when nothing runs.
	Next *stamp
	Job  string
}

// runningView is a run under way.
type runningView struct {
	ID    int64
	Link  string
	What  string
	Took  string
	Steps []step
}

// step is how far one resource, or its files, is.
type step struct {
	Name, Says  string
	Done, Total int64 // Total is 0 when nobody knows
	Ended       bool
	State, Mark string
}

func (p *Page) nowView(ctx context.Context) nowView {
	working := p.parts.working
	working.refresh()
	complete := p.parts.complete.get(ctx)
	return p.nowOf(working.get(ctx), complete.Value)
}

func (p *Page) nowOf(working part[[]ranRun], complete map[string]load.LastComplete) nowView {
	now := p.Now()
	v := nowView{Missing: working.Missing, Since: since(working.Since)}
	var key strings.Builder
	for _, run := range working.Value {
		fmt.Fprintf(&key, "%d ", run.ID)
		v.Runs = append(v.Runs, p.running(run, complete, now))
	}
	v.Key = key.String()
	for _, job := range p.jobs {
		next := job.fires.Next(now)
		if next.IsZero() {
			continue
		}
		if next = job.fires.Ripe(next); v.Next == nil || next.Before(v.Next.At) {
			due := stampOf(next, now)
			v.Next, v.Job = &due, job.Name
		}
	}
	return v
}

func (p *Page) running(run ranRun, complete map[string]load.LastComplete, now time.Time) runningView {
	v := runningView{ID: run.ID, Link: runLink(run.ID), What: p.what(run.RunRow), Took: span(now.Sub(run.Started))}
	walks := map[string]load.WalkRow{}
	for _, walk := range run.Walks {
		walks[walk.Resource] = walk
	}
	for _, resource := range run.Resources {
		walk, begun := walks[resource]
		if !begun {
			v.Steps = append(v.Steps, step{Name: resource, Says: "not begun", State: "waiting", Mark: "idle"})
			continue
		}
		total := int64(0)
		if run.Scope == load.ScopeAll && !walk.Filtered {
			total = complete[resource].Listed
		}
		v.Steps = append(v.Steps, stepOf(walk, total, now))
		if files, ok := p.live.word(run.Job, resource+" files"); ok && files.Documents != nil {
			v.Steps = append(v.Steps, filesStep(files, now))
		}
	}
	return v
}

// stepOf is how far a walk is. How many there will be nobody knows: as many as the last time, most likely.
func stepOf(walk load.WalkRow, total int64, now time.Time) step {
	s := step{Name: walk.Resource, Done: walk.Listed, State: walk.State, Mark: walkMark(walk.State)}
	switch walk.State {
	case load.WalkRunning:
		s.State, s.Mark = "reading", "good"
		s.Total = total
		s.Says = count(walk.Listed) + " listed"
		if total > 0 {
			s.Says = fmt.Sprintf("%s of about %s", count(walk.Listed), count(total))
		}
		s.Says += left(walk.Listed, total, now.Sub(walk.Started))
	default:
		s.Ended = true
		s.Says = count(walk.Listed) + " listed"
	}
	s.Says += more(walk.Rows, " row written", " rows written") + more(walk.Rejected, " rejected", " rejected")
	return s
}

func filesStep(w said, now time.Time) step {
	d := w.Documents
	done := d.Archived + d.Unchanged + d.Absent + d.Failed
	s := step{Name: w.Resource, Done: done, Total: w.Total, Ended: w.Done, State: "archiving", Mark: "good"}
	if w.Done {
		s.State, s.Says = "done", counted(done, "file")
	} else {
		s.Says = fmt.Sprintf("%s of %s%s", count(done), count(w.Total), left(done, w.Total, now.Sub(w.first)))
	}
	s.Says += more(d.Failed, " failed", " failed")
	return s
}

// left is how much longer it takes at this pace, where that can be told.
func left(done, total int64, took time.Duration) string {
	if done <= 0 || total <= done || took < time.Second {
		return ""
	}
	return ", about " + span((time.Duration(float64(took) * float64(total-done) / float64(done))).Round(time.Second)) + " left"
}

func walkMark(state string) string {
	switch state {
	case load.WalkComplete:
		return "good"
	case load.WalkRunning, load.WalkInterrupted:
		return "idle"
	case load.WalkGuarded:
		return "warn"
	}
	return "bad"
}

// what is what a run reads: no ids, which may be people's.
func (p *Page) what(run load.RunRow) string {
	what := strings.Join(run.Resources, ", ")
	if len(run.Resources) == len(p.Resources) {
		what = "everything"
	} else if len(run.Resources) > 3 {
		what = counted(int64(len(run.Resources)), "resource")
	}
	switch {
	case strings.HasPrefix(run.Scope, "employer="):
		what += " of one employer"
	case run.Scope != load.ScopeAll:
		what += " of one user"
	}
	return what
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("15:04:05") + " UTC"
}
