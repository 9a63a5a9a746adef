package page

import (
	"slices"
	"strconv"
	"time"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// timedJob is a job with its times.
type timedJob struct {
	schedules.Job
	fires schedules.Fires
}

// next is when a job reads the resource next, and which one; "" when none does.
func (p *Page) next(resource string, now time.Time) (at time.Time, name string) {
	for _, job := range p.jobs {
		if !slices.Contains(job.Resources, resource) {
			continue
		}
		fire := job.fires.Next(now)
		if fire.IsZero() {
			continue
		}
		if fire = job.fires.Ripe(fire); name == "" || fire.Before(at) {
			at, name = fire, job.Name
		}
	}
	return at, name
}

// readByJobs are the resources that a job reads, and can.
func (p *Page) readByJobs() (names []string) {
	for _, resource := range p.Resources {
		if p.Idle[resource] == "" && slices.ContainsFunc(p.Jobs, func(job schedules.Job) bool { return slices.Contains(job.Resources, resource) }) {
			names = append(names, resource)
		}
	}
	return names
}

// freshness is the table of the resources, and which of them are late, or were never read although a run has tried.
func (p *Page) freshness(complete map[string]load.LastComplete, tried []string, working []ranRun, now time.Time) (t table, late, missed []string) {
	t = table{Caption: "Freshness of each resource", Columns: []column{{Name: "resource"}, {Name: "state"},
		{Name: "last complete"}, {Name: "next due"}}}
	for _, resource := range p.Resources {
		last, read := complete[resource]
		if !read {
			state := unread(p.Idle[resource])
			switch {
			case reads(working, resource, 0):
				state = marked("being read", "good")
			case slices.Contains(tried, resource):
				state = cell{Text: "never read", Mark: "bad", Note: "though a run has tried"}
				missed = append(missed, resource)
			}
			t.add(text(resource), state, never, p.nextFor(resource, now))
			continue
		}
		expected, err := schedules.Expect(p.Jobs, resource, now)
		state := marked("fresh", "good")
		if err != nil || expected.Within == 0 { // no job, or one that comes too rarely to be waited for
			expected.Within, state.Note = p.StaleAfter, "no job reads it"
		}
		switch old := now.Sub(last.Finished) > expected.Within; {
		case old && p.Idle[resource] != "":
			state = cell{Text: "not read", Mark: "idle", Note: p.Idle[resource]}
		case old:
			state = cell{Text: "late", Mark: "bad", Note: "expected within " + coarse(expected.Within)}
			late = append(late, resource)
		case reads(working, resource, last.RunID):
			state = marked("being read", "good")
		}
		complete := when(stampOf(last.Finished, now))
		complete.Text, complete.Link = "run "+strconv.FormatInt(last.RunID, 10), runLink(last.RunID)
		t.add(text(resource), state, complete, p.nextFor(resource, now))
	}
	return t, late, missed
}

func unread(why string) cell {
	if why != "" {
		return cell{Text: "not read", Mark: "idle", Note: why}
	}
	return marked("never read", "warn")
}

// nextFor is when a job reads the resource next.
func (p *Page) nextFor(resource string, now time.Time) cell {
	at, job := p.next(resource, now)
	if job == "" || p.Idle[resource] != "" {
		return text("")
	}
	due := stampOf(at, now)
	due.Relative += ", by " + job
	return when(due)
}

// reads reports whether a run is at a resource, other than the one that has read it whole.
func reads(working []ranRun, resource string, but int64) bool {
	return slices.ContainsFunc(working, func(r ranRun) bool {
		return r.ID != but && r.Scope == load.ScopeAll && slices.Contains(r.Resources, resource)
	})
}
