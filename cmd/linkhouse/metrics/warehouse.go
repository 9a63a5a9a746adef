package metrics

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/linkhouse/linkhouse/load"
)

const (
	// remembered is how long an answer of the warehouse holds: several Prometheuses ask, and each every few seconds.
	remembered = 10 * time.Second
	// patience is how long a scrape waits for the warehouse: less than Prometheus waits for the scrape.
	patience = 5 * time.Second
)

var (
	warehouseUp = describe("linkhouse_warehouse_up",
		"Whether the warehouse answered the last time it was asked. What it says of resources, jobs and documents is the last that is known.")
	lastComplete = describe("linkhouse_resource_last_complete_timestamp_seconds",
		"When a walk over all of the resource last came to its end; absent when none ever did.", "resource")
	readers  = describe("linkhouse_resource_jobs", "Jobs on the timetable that read the resource.", "resource")
	open     = describe("linkhouse_rejects_open", "Records that were put aside and wait for a person, counted up to 100,000.", "resource")
	backlog  = describe("linkhouse_documents_waiting", "Documents that the archive lacks, by state, counted up to 100,000.", "resource", "state")
	oldest   = describe("linkhouse_documents_waiting_oldest_timestamp_seconds", "When the oldest document that the archive lacks was noted, by state.", "resource", "state")
	lastFire = describe("linkhouse_job_last_fire_timestamp_seconds", "When the job was last due; absent when it never was.", "job_name")
	nextFire = describe("linkhouse_job_next_fire_timestamp_seconds", "When the job is due next, jitter aside; absent when never.", "job_name")
	fires    = describe("linkhouse_job_fires_total", "Times that the job came due, on whichever server, by what was decided.", "job_name", "kind")
	outcome  = describe("linkhouse_job_last_outcome", "How the last run of the job ended, on whichever server: 1 for that outcome, 0 for the others.", "job_name", "outcome")
)

var (
	kinds  = []string{load.FireOnTime, load.FireCaughtUp, load.FireMissed, load.FireSkipped}
	states = []string{load.DocumentPending, load.DocumentAbsent, load.DocumentFailed, load.DocumentLost}
)

// warehouse collects what all servers on one warehouse share.
type warehouse struct {
	store                      *load.Store
	jobs, resources, documents []string
	read                       map[string]int
	log                        *slog.Logger

	mu    sync.Mutex // held while the warehouse is asked: who comes meanwhile gets the same answer
	asked time.Time
	heard bool  // it answered at least once
	err   error // of the last time
	known said
	fires map[string]map[string]int64 // by job and kind
	last  map[string]time.Time        // fires counted up to here, by job
}

// said is what the warehouse last said.
type said struct {
	complete  []load.LastComplete
	rejects   []load.OpenRejects
	backlog   []load.Backlog
	schedules []load.ScheduleRow
	outcomes  []load.JobOutcome
	counts    []load.FireCount // since the time before
}

func newWarehouse(c Config) *warehouse {
	return &warehouse{
		store: c.Warehouse, jobs: c.Jobs, resources: c.Resources, documents: c.Documents, read: c.Read, log: c.Logger,
		fires: map[string]map[string]int64{}, last: map[string]time.Time{},
	}
}

// Describe names the metrics.
func (w *warehouse) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{warehouseUp, lastComplete, readers, open, backlog, oldest, lastFire, nextFire, fires, outcome} {
		out <- d
	}
}

// Collect asks the warehouse, unless its last answer is fresh. When it does not answer, what it said before still holds: a
// resource that was stale stays stale.
func (w *warehouse) Collect(out chan<- prometheus.Metric) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked.IsZero() || time.Since(w.asked) > remembered {
		w.ask()
	}
	out <- gauge(warehouseUp, one(w.err == nil))
	for _, resource := range w.resources {
		out <- gauge(readers, float64(w.read[resource]), resource)
	}
	if !w.heard { // nothing is known, which is not the same as none
		return
	}
	w.tellResources(out)
	w.tellJobs(out)
}

func (w *warehouse) ask() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	said, err := w.hear(ctx)
	if err != nil && w.err == nil {
		w.log.Warn("the warehouse does not answer what is measured", "error", err)
	}
	w.asked, w.err = time.Now(), err
	if err != nil {
		return
	}
	w.known, w.heard = said, true
	for _, c := range said.counts {
		if w.fires[c.Job] == nil {
			w.fires[c.Job] = map[string]int64{}
		}
		w.fires[c.Job][c.Kind] += c.Count
		if c.Last.After(w.last[c.Job]) {
			w.last[c.Job] = c.Last
		}
	}
}

func (w *warehouse) hear(ctx context.Context) (s said, err error) {
	after := make([]time.Time, len(w.jobs))
	for i, job := range w.jobs {
		after[i] = w.last[job]
	}
	for _, ask := range []func() error{
		func() error { s.complete, err = w.store.LastComplete(ctx, w.resources); return err },
		func() error { s.rejects, err = w.store.RejectsByResource(ctx); return err },
		func() error { s.backlog, err = w.store.Backlog(ctx); return err },
		func() error { s.schedules, err = w.store.Schedules(ctx); return err },
		func() error { s.outcomes, err = w.store.LastOutcomes(ctx, w.jobs); return err },
		func() error { s.counts, err = w.store.FireCounts(ctx, w.jobs, after); return err },
	} {
		if err := ask(); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (w *warehouse) tellResources(out chan<- prometheus.Metric) {
	for _, c := range w.known.complete {
		out <- gauge(lastComplete, seconds(c.Finished), c.Resource)
	}
	for _, resource := range w.resources {
		i := slices.IndexFunc(w.known.rejects, func(r load.OpenRejects) bool { return r.Resource == resource })
		n := int64(0)
		if i >= 0 {
			n = w.known.rejects[i].Count
		}
		out <- gauge(open, float64(n), resource)
	}
	for _, resource := range w.documents {
		for _, state := range states {
			i := slices.IndexFunc(w.known.backlog, func(b load.Backlog) bool { return b.Resource == resource && b.State == state })
			if i < 0 {
				out <- gauge(backlog, 0, resource, state)
				continue
			}
			out <- gauge(backlog, float64(w.known.backlog[i].Count), resource, state)
			out <- gauge(oldest, seconds(w.known.backlog[i].Oldest), resource, state)
		}
	}
}

func (w *warehouse) tellJobs(out chan<- prometheus.Metric) {
	for _, s := range w.known.schedules {
		if s.NextFire != nil && slices.Contains(w.jobs, s.Job) {
			out <- gauge(nextFire, seconds(*s.NextFire), s.Job)
		}
	}
	for _, job := range w.jobs {
		if last := w.last[job]; !last.IsZero() {
			out <- gauge(lastFire, seconds(last), job)
		}
		for _, kind := range kinds {
			out <- counter(fires, float64(w.fires[job][kind]), job, strings.ReplaceAll(kind, " ", "_"))
		}
	}
	for _, o := range w.known.outcomes {
		for _, name := range outcomes {
			out <- gauge(outcome, one(name == o.Outcome), o.Job, name)
		}
	}
}
