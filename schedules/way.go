package schedules

import (
	"context"
	"sync"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/transform"
)

// way is how far a walk is. A page is done when it is committed; but of a few large pages that would tell nothing for a long
// time, so that a run which is measured also tells of each object that was read.
type way struct {
	run  *run
	mu   sync.Mutex // held while a word is given, so that no later one is overtaken
	last Progress
}

// way begins to tell of a walk. How much there is to read is what the warehouse knows of it; what it does not know is met on
// the way.
func (r *run) way(ctx context.Context, w *load.Walk, resource *transform.Resource) *way {
	t := &way{run: r, last: Progress{Resource: resource.Name, Counts: w.Counts, Before: w.Before, Tables: w.Tables(), State: load.WalkRunning}}
	if !r.plan.Measure || w.Done() {
		return t
	}
	t.last.Read = w.Counts.Listed
	if r.plan.IDs != nil {
		t.last.Total = int64(len(r.plan.IDs))
	} else if known, err := r.Store.Objects(ctx, resource, r.part(resource)); err == nil {
		t.last.Total = known
	} else {
		r.log.DebugContext(ctx, "how much there is to read is not known", "resource", resource.Name, "error", err)
	}
	r.observe(t.last)
	return t
}

// part is what the run reads of a resource.
func (r *run) part(resource *transform.Resource) load.Part {
	part := load.Part{Employer: r.plan.Employer, IDs: r.plan.IDs, From: r.plan.From, Until: r.plan.Until, Include: r.plan.Include}
	if resource.PerUser {
		part.Users = r.users
	}
	return part
}

// read is told of objects that were read.
func (t *way) read(objects int) {
	if !t.run.plan.Measure {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Read += int64(objects)
	t.run.observe(t.last)
}

// committed is told of every page.
func (t *way) committed(w *load.Walk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Counts, t.last.Tables = w.Counts, w.Tables()
	if t.run.plan.Measure {
		t.last.Read = max(t.last.Read, w.Counts.Listed)
	}
	t.run.observe(t.last)
}

// anew is told that a walk is back at its start.
func (t *way) anew(w *load.Walk) {
	t.mu.Lock()
	t.last.Before, t.last.Read = w.Before, 0
	t.mu.Unlock()
	t.committed(w)
}
