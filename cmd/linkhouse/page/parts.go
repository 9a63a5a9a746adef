package page

import (
	"context"
	"slices"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

const (
	shownNights = 30
	shownRuns   = 10
)

// Run is a run with what its row cannot tell.
type Run struct {
	load.RunRow
	Alive bool // it stands as running, and somebody works on it
	// Failed are the resources that it did not read to their end; known of the last run only.
	Failed []string
}

// parts are what the page asks the warehouse, each for itself.
type parts struct {
	working   *kept[[]ranRun] // runs under way
	runs      *kept[[]Run]    // the last ones
	complete  *kept[map[string]load.LastComplete]
	tried     *kept[[]string] // resources that were never read to their end, though a run has tried
	nights    *kept[[]load.Night]
	documents *kept[documents]
	surprises *kept[surprises]
	timetable *kept[timetable]
	guarded   *kept[[]load.GuardedWalk]
}

// ranRun is a run with its walks.
type ranRun struct {
	Run
	Found bool
	Walks []load.WalkRow
}

// documents are what waits for the archive, and what is in it.
type documents struct {
	Backlog  []load.Backlog
	Archived int64
	Exact    bool
}

// surprises are what could not be loaded and what nobody expected.
type surprises struct {
	Rejects []load.OpenRejects
	Drift   []load.DriftCount
}

// timetable is what the warehouse knows of the jobs.
type timetable struct {
	Rows  []load.ScheduleRow
	Fires map[string]load.FireRow
}

func keep[T any](p *Page, good time.Duration, read func(context.Context) (T, error)) *kept[T] {
	return &kept[T]{page: p, good: good, read: read}
}

func (p *Page) newParts() parts {
	store := p.Store
	return parts{
		working: keep(p, time.Second, func(ctx context.Context) ([]ranRun, error) {
			rows, err := store.Working(ctx)
			if err != nil {
				return nil, err
			}
			var working []ranRun
			for _, row := range rows {
				run, err := p.withWalks(ctx, row)
				if err != nil {
					return nil, err
				}
				if run.Alive {
					working = append(working, run)
				}
			}
			return working, nil
		}),
		runs: keep(p, 2*time.Second, func(ctx context.Context) ([]Run, error) {
			rows, err := store.Runs(ctx, shownRuns)
			var runs []Run
			for _, row := range rows {
				alive, err := store.Alive(ctx, row)
				if err != nil {
					return nil, err
				}
				runs = append(runs, Run{RunRow: row, Alive: alive})
			}
			if len(runs) > 0 && p.Failed != nil {
				runs[0].Failed, err = p.Failed(ctx, runs[0].RunRow)
			}
			return runs, err
		}),
		complete: keep(p, 5*time.Second, func(ctx context.Context) (map[string]load.LastComplete, error) {
			rows, err := store.LastComplete(ctx, p.Resources)
			last := map[string]load.LastComplete{}
			for _, row := range rows {
				last[row.Resource] = row
			}
			return last, err
		}),
		tried: keep(p, 5*time.Second, func(ctx context.Context) ([]string, error) {
			unread := p.readByJobs()
			rows, err := store.LastComplete(ctx, unread)
			if err != nil || p.Tried == nil {
				return nil, err
			}
			return p.Tried(ctx, slices.DeleteFunc(unread, func(resource string) bool {
				return slices.ContainsFunc(rows, func(row load.LastComplete) bool { return row.Resource == resource })
			}))
		}),
		nights: keep(p, 30*time.Second, func(ctx context.Context) ([]load.Night, error) {
			return store.Nights(ctx, firstNight(p.Now()))
		}),
		guarded: keep(p, 5*time.Second, store.GuardedWalks),
		documents: keep(p, 10*time.Second, func(ctx context.Context) (d documents, err error) {
			if d.Backlog, err = store.Backlog(ctx); err != nil {
				return d, err
			}
			d.Archived, d.Exact, err = store.ArchivedDocuments(ctx)
			return d, err
		}),
		surprises: keep(p, 5*time.Second, func(ctx context.Context) (s surprises, err error) {
			last, err := store.Runs(ctx, 1)
			if err != nil {
				return s, err
			}
			run := int64(0)
			if len(last) > 0 {
				run = last[0].ID
			}
			if s.Rejects, err = store.RejectsByResource(ctx); err != nil {
				return s, err
			}
			s.Drift, err = store.DriftByResource(ctx, run)
			return s, err
		}),
		timetable: keep(p, 2*time.Second, func(ctx context.Context) (t timetable, err error) {
			if t.Rows, err = store.Schedules(ctx); err != nil {
				return t, err
			}
			fires, err := store.LastFires(ctx)
			t.Fires = map[string]load.FireRow{}
			for _, fire := range fires {
				t.Fires[fire.Job] = fire
			}
			return t, err
		}),
	}
}

func (p *Page) withWalks(ctx context.Context, row load.RunRow) (run ranRun, err error) {
	run = ranRun{Run: Run{RunRow: row}, Found: true}
	if run.Alive, err = p.Store.Alive(ctx, row); err != nil {
		return run, err
	}
	run.Walks, err = p.Store.Walks(ctx, row.ID)
	return run, err
}

// refresh begins to read what is out of date, all at once.
func (s *parts) refresh() {
	for _, one := range []interface{ refresh() }{s.runs, s.working, s.complete, s.tried, s.guarded, s.timetable,
		s.surprises, s.documents, s.nights} {
		one.refresh()
	}
}

// turned makes out of date what the beginning and the end of a run change.
func (s *parts) turned() {
	for _, one := range []interface{ forget() }{s.runs, s.working, s.complete, s.tried, s.guarded, s.timetable, s.surprises, s.documents, s.nights} {
		one.forget()
	}
}

// keptRuns bounds how many runs' pages are kept.
const keptRuns = 100

// run is the page of a run, kept for a moment.
func (p *Page) run(id int64) *kept[ranRun] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k, ok := p.runs[id]; ok {
		return k
	}
	if len(p.runs) >= keptRuns {
		clear(p.runs)
	}
	k := keep(p, time.Second, func(ctx context.Context) (ranRun, error) {
		row, ok, err := p.Store.RunByID(ctx, id)
		if err != nil || !ok {
			return ranRun{}, err
		}
		return p.withWalks(ctx, row)
	})
	p.runs[id] = k
	return k
}
