package metrics

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

// What is counted of objects, documents and walks.
var (
	operations = []string{"new", "changed", "unchanged", "returned", "removed", "vanished"}
	fetches    = []string{"archived", "unchanged", "absent", "failed"}
	walkStates = []string{load.WalkComplete, load.WalkGuarded, load.WalkInterrupted, load.WalkUnavailable, load.WalkFailed}
	outcomes   = []string{
		string(schedules.OutcomeComplete), string(schedules.OutcomePartial), string(schedules.OutcomeGuarded), string(schedules.OutcomeUnavailable),
		string(schedules.OutcomeStore), string(schedules.OutcomeRefused), string(schedules.OutcomeLocked), string(schedules.OutcomeInterrupted),
		string(schedules.OutcomeFailed),
	}
)

// runs counts what the runs of this process did, after each commit.
type runs struct {
	resources []string
	tables    []Table

	active   *prometheus.GaugeVec
	started  *prometheus.GaugeVec
	ended    *prometheus.CounterVec
	duration *prometheus.HistogramVec

	walks, pages, objects, rows, rejects, drift, repairs *prometheus.CounterVec
	documents, bytes                                     *prometheus.CounterVec

	mu   sync.Mutex
	told map[string]map[counted]int64 // by job: what its run has told so far
}

// counted is one figure of a run: what counts it, and under which labels.
type counted struct {
	in   *prometheus.CounterVec
	a, b string // labels; b is "" where there is one
}

func newRuns(c Config) *runs {
	count := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	measure := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	r := &runs{
		resources: c.Resources, tables: c.Tables, told: map[string]map[counted]int64{},
		active:  measure("linkhouse_run_active", "Whether this process runs the job now.", "job_name"),
		started: measure("linkhouse_run_start_timestamp_seconds", "When the run under way began here; absent when none is.", "job_name"),
		ended:   count("linkhouse_runs_total", "Runs of jobs that ended in this process, by outcome.", "job_name", "outcome"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "linkhouse_run_duration_seconds", Help: "How long runs of jobs took in this process, by outcome.",
			Buckets: []float64{10, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800},
		}, []string{"job_name", "outcome"}),
		walks:   count("linkhouse_walks_total", "Walks over a resource that ended or stopped in this process, by how they stand.", "resource", "state"),
		pages:   count("linkhouse_pages_total", "Pages committed.", "resource"),
		objects: count("linkhouse_objects_total", "Objects of the API that were compared with the warehouse and committed, by what became of them.", "resource", "operation"),
		rows:    count("linkhouse_rows_total", "Rows of the warehouse that something was done to, by table; lines are those of statements.", "table", "operation"),
		rejects: count("linkhouse_rejects_total", "Records that were put aside because they could not be loaded.", "resource"),
		drift:   count("linkhouse_drift_total", "Fields and values met that the references of the API do not tell of.", "resource"),
		repairs: count("linkhouse_repairs_total", "Values that were repaired, such as text with U+0000.", "resource"),
		documents: count("linkhouse_documents_total",
			"Documents that were asked for, by what came of it: archived, unchanged, absent (the API has no file) or failed.", "resource", "outcome"),
		bytes: count("linkhouse_documents_archived_bytes_total", "Bytes of documents that were archived.", "resource"),
	}
	r.begin(c)
	return r
}

// begin sets to 0 what may be counted: what begins at 1 was never seen to rise.
func (r *runs) begin(c Config) {
	for _, job := range c.Jobs {
		r.active.WithLabelValues(job)
		each(r.ended, job, outcomes)
	}
	for _, resource := range r.resources {
		each(r.walks, resource, walkStates)
		each(r.objects, resource, operations)
		for _, c := range []*prometheus.CounterVec{r.pages, r.rejects, r.drift, r.repairs} {
			c.WithLabelValues(resource)
		}
	}
	for _, resource := range c.Documents {
		each(r.documents, resource, fetches)
		r.bytes.WithLabelValues(resource)
	}
	for _, table := range c.Tables {
		for _, operation := range load.RowOperations {
			if table.Lines == (operation == load.RowsLines) {
				r.rows.WithLabelValues(table.Name, operation)
			}
		}
	}
}

func each(c *prometheus.CounterVec, first string, seconds []string) {
	for _, second := range seconds {
		c.WithLabelValues(first, second)
	}
}

func (r *runs) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		r.active, r.started, r.ended, r.duration, r.walks, r.pages, r.objects, r.rows, r.rejects, r.drift, r.repairs, r.documents, r.bytes,
	}
}

// Began counts a run that begins.
func (m *Metrics) Began(job schedules.Job, _ load.FireRow) {
	r := m.runs
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told[job.Name] = map[counted]int64{}
	r.active.WithLabelValues(job.Name).Set(1)
	r.started.WithLabelValues(job.Name).Set(seconds(time.Now()))
}

// Progress counts what a run has committed since its last word.
func (m *Metrics) Progress(job string, p schedules.Progress) {
	r := m.runs
	r.mu.Lock()
	defer r.mu.Unlock()
	told := r.told[job]
	if told == nil {
		return // nobody told that it began, so that nobody knows what of it was counted
	}
	if p.Documents != nil {
		r.ofDocuments(told, p)
		return
	}
	r.ofWalk(told, p)
}

// Ended counts how a run went.
func (m *Metrics) Ended(job schedules.Job, _ load.FireRow, report *schedules.Report, _ error) {
	r := m.runs
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.told, job.Name)
	r.active.WithLabelValues(job.Name).Set(0)
	r.started.DeleteLabelValues(job.Name)
	outcome := string(report.Outcome)
	r.ended.WithLabelValues(job.Name, outcome).Inc()
	r.duration.WithLabelValues(job.Name, outcome).Observe(report.Seconds)
}

// ofWalk counts what this process did of a walk: what others did before it is theirs.
func (r *runs) ofWalk(told map[counted]int64, p schedules.Progress) {
	if !slices.Contains(r.resources, p.Resource) {
		return
	}
	now, before := p.Counts, p.Before
	for key, n := range map[counted]int64{
		{r.pages, p.Resource, ""}:            now.Pages - before.Pages,
		{r.objects, p.Resource, "new"}:       now.New - before.New,
		{r.objects, p.Resource, "changed"}:   now.Changed - before.Changed,
		{r.objects, p.Resource, "unchanged"}: now.Unchanged - before.Unchanged,
		{r.objects, p.Resource, "returned"}:  now.Returned - before.Returned,
		{r.objects, p.Resource, "removed"}:   now.Removed - before.Removed,
		{r.objects, p.Resource, "vanished"}:  now.Vanished - before.Vanished,
		{r.rejects, p.Resource, ""}:          now.Rejected - before.Rejected,
		{r.drift, p.Resource, ""}:            now.Drift - before.Drift,
		{r.repairs, p.Resource, ""}:          now.Repaired - before.Repaired,
	} {
		r.count(told, key, n)
	}
	for _, rows := range p.Tables {
		if slices.ContainsFunc(r.tables, func(t Table) bool { return t.Name == rows.Table }) {
			r.count(told, counted{r.rows, rows.Table, rows.Operation}, rows.Rows)
		}
	}
	if p.Done && !p.Already && slices.Contains(walkStates, p.State) {
		r.count(told, counted{r.walks, p.Resource, p.State}, 1)
	}
}

func (r *runs) ofDocuments(told map[counted]int64, p schedules.Progress) {
	resource := strings.TrimSuffix(p.Resource, " files")
	if !slices.Contains(r.resources, resource) {
		return
	}
	for key, n := range map[counted]int64{
		{r.documents, resource, "archived"}:  p.Documents.Archived,
		{r.documents, resource, "unchanged"}: p.Documents.Unchanged,
		{r.documents, resource, "absent"}:    p.Documents.Absent,
		{r.documents, resource, "failed"}:    p.Documents.Failed,
		{r.bytes, resource, ""}:              p.Documents.Bytes,
	} {
		r.count(told, key, n)
	}
}

// count brings a counter to what a run has come to. A word that is older than the last, as they come from several goroutines,
// and a reject that turned out to be none, add nothing.
func (r *runs) count(told map[counted]int64, key counted, n int64) {
	more := n - told[key]
	if more <= 0 {
		return
	}
	told[key] = n
	labels := []string{key.a}
	if key.b != "" {
		labels = append(labels, key.b)
	}
	key.in.WithLabelValues(labels...).Add(float64(more))
}
