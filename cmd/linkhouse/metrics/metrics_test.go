package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/linkhouse/linkhouse/extract"
	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/load/embedded/pgtest"
	"github.com/linkhouse/linkhouse/migrations"
	"github.com/linkhouse/linkhouse/schedules"
)

var migrated = pgtest.Template("migrated", func(url string) error {
	_, err := migrations.Up(context.Background(), url, slog.New(slog.DiscardHandler))
	return err
})

// measured are the metrics of a server on a warehouse of its own.
type measured struct {
	*Metrics
	t     *testing.T
	store *load.Store
	stats extract.Stats
	at    time.Time
	err   error
}

var night = schedules.Job{Name: "night"}

func measure(t *testing.T, statements ...string) *measured {
	t.Helper()
	url := migrated.Database(t)
	for _, sql := range statements {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		_ = conn.Close(t.Context())
	}
	store, err := load.Open(t.Context(), url, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	m := &measured{t: t, store: store}
	m.Metrics = New(Config{
		Version: "1.2.3", Jobs: []string{"night", "hourly"}, Resources: []string{"employees", "employer-documents"},
		Documents: []string{"employer-documents"}, Endpoints: []string{"/employees", "/employees/{id}"},
		Tables: []Table{{Name: "employerlink.employees"}, {Name: "employerlink.statement_earnings", Lines: true}},
		Read:   map[string]int{"employees": 2}, Warehouse: store, Logger: slog.New(slog.DiscardHandler),
		API:    func() extract.Stats { return m.stats },
		Looked: func() (time.Time, error) { return m.at, m.err },
	})
	return m
}

// expect compares all samples of a metric whose value is not 0, written as their labels and value.
func (m *measured) expect(name string, want ...string) {
	m.t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		m.t.Error(err)
	}
	var got []string
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, s := range f.GetMetric() {
			var words []string
			for _, l := range s.GetLabel() {
				words = append(words, l.GetValue())
			}
			if v := s.GetCounter().GetValue() + s.GetGauge().GetValue() + float64(s.GetHistogram().GetSampleCount()); v != 0 {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %v", strings.Join(words, " "), v)))
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Errorf("%s:\n%s", name, diff)
	}
}

// everything makes each metric have a sample.
const everything = `INSERT INTO etl.runs (job, resources, scope, state, started_at, updated_at) VALUES ('night', '{employees}', 'all', 'complete', now(), now());
	INSERT INTO etl.walks (run_id, resource, scope, state, filtered, started_at, updated_at, finished_at)
		VALUES (1, 'employees', 'all', 'complete', false, now(), now(), '2026-01-15 03:00Z');
	INSERT INTO etl.schedules (job, cron, time_zone, last_fire_at, next_fire_at) VALUES ('night', '', '', '2026-01-16 02:00Z', '2026-01-17 02:00Z'),
		('forgotten', '', '', NULL, '2026-01-17 02:00Z');
	INSERT INTO etl.fires (job, fire_at, kind, state, outcome) VALUES ('night', '2026-01-14 02:00Z', 'on time', 'ended', 'complete'),
		('night', '2026-01-15 02:00Z', 'caught up', 'ended', 'guarded'), ('night', '2026-01-16 02:00Z', 'skipped', 'ended', NULL),
		('forgotten', '2026-01-16 02:00Z', 'on time', 'ended', 'failed');
	INSERT INTO etl.rejects (resource, reason, payload_hash, first_seen_at, last_seen_at) VALUES ('employees', 'x', '\x00', now(), now());
	INSERT INTO archive.documents (resource, source_id, version, state, staged_at) VALUES ('employer-documents', 'd1', 1, 'failed', '2026-01-15 03:00Z'),
		('employer-documents', 'd2', 1, 'failed', '2026-01-15 04:00Z'), ('employer-documents', 'd3', 1, 'absent', '2026-01-15 05:00Z')`

func (m *measured) touch() {
	m.stats = extract.Stats{Retries: 3, Throttled: 2, Bytes: 1000, Routes: []extract.RouteStats{
		{Template: "/employees", Status: 200, Count: 5}, {Template: "/employees/{id}", Status: 0, Count: 1}, {Template: "/employees/{id}", Status: 429, Count: 2},
	}, Limiter: extract.LimiterStats{Limit: 8, InFlight: 4, Waiting: 6, RequestsPerSecond: 2.5, Pause: 1500 * time.Millisecond}}
	m.at = time.Unix(1800000000, 0)
	m.Began(night, load.FireRow{})
	m.Progress("night", schedules.Progress{Resource: "employees", State: load.WalkRunning,
		Counts: load.Counts{Pages: 1, New: 2, Rejected: 1, Drift: 7, Repaired: 1},
		Tables: []load.TableRows{{Table: "employerlink.employees", Operation: load.RowsNew, Rows: 2}}})
	m.Progress("night", schedules.Progress{Resource: "employer-documents files", Documents: &schedules.DocumentsReport{Archived: 1, Bytes: 10}})
	m.Ended(schedules.Job{Name: "hourly"}, load.FireRow{}, &schedules.Report{Outcome: schedules.OutcomeComplete, Seconds: 12}, nil)
}

// Mutation: with a metric named linkhouse_api_retries, or without a help, it is red.
func TestTheMetricsAreWhatPrometheusWantsOfNamesUnitsAndHelp(t *testing.T) {
	t.Parallel()
	m := measure(t, everything)
	m.touch()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range families {
		seen[f.GetName()] = true
		if ours := strings.HasPrefix(f.GetName(), "linkhouse_"); ours && !strings.HasSuffix(f.GetHelp(), ".") && !strings.Contains(f.GetHelp(), ": ") {
			t.Errorf("%s: the help is no sentence: %s", f.GetName(), f.GetHelp())
		}
		for _, s := range f.GetMetric() {
			for _, l := range s.GetLabel() {
				if l.GetName() == "job" || l.GetName() == "instance" {
					t.Errorf("%s: Prometheus has a label %s of its own", f.GetName(), l.GetName())
				}
			}
		}
	}
	for _, name := range names(t, m.Metrics) {
		if !seen[name] {
			t.Errorf("%s has no sample here, so nothing is known of it", name)
		}
	}
}

func TestWhatTheClientDidIsToldByPathTemplateAndStatus(t *testing.T) {
	t.Parallel()
	m := measure(t)
	m.touch()
	m.stats.Routes = append(m.stats.Routes, extract.RouteStats{Template: "/employees/5eea73d5f55d6c0007d1fcdf", Status: 799, Count: 9})
	m.expect("linkhouse_api_requests_total", "/employees 200 5", "/employees/{id} 429 2", "/employees/{id} none 1", "other other 9")
	m.expect("linkhouse_api_requests_in_flight_limit", "8")
	m.expect("linkhouse_api_requests_per_second_limit", "2.5")
	m.expect("linkhouse_api_pause_seconds", "1.5")
	m.expect("linkhouse_api_throttled_total", "2")
	m.expect("linkhouse_timetable_up", "1")
	m.err = errors.New("away")
	m.expect("linkhouse_timetable_up")
	m.expect("linkhouse_timetable_look_timestamp_seconds", "1.8e+09")
}

// Semantics 8: what an earlier process of the run did is not told again, nor what was told before. Mutation: without the
// subtraction of Before in ofWalk, or with every word added whole in count, it is red.
func TestWhatARunDoesIsCountedOnceHoweverOftenItIsTold(t *testing.T) {
	t.Parallel()
	m := measure(t)
	word := func(p schedules.Progress) { m.Progress("night", p) }
	before := load.Counts{Pages: 40, New: 4000, Rejected: 3, Removed: 0}
	m.Began(night, load.FireRow{})
	m.expect("linkhouse_run_active", "night 1")
	word(schedules.Progress{Resource: "employees", Before: before, Counts: load.Counts{Pages: 41, New: 4090, Changed: 5, Rejected: 5}})
	word(schedules.Progress{Resource: "employees", Before: before, Counts: load.Counts{Pages: 42, New: 4090, Changed: 6, Rejected: 4}}) // one was none after all
	end := load.Counts{Pages: 43, New: 4100, Changed: 6, Rejected: 5, Removed: 8}
	word(schedules.Progress{Resource: "employees", Before: before, Counts: end, State: load.WalkComplete, Done: true, Tables: []load.TableRows{
		{Table: "employerlink.employees", Operation: load.RowsNew, Rows: 100}, {Table: "private.people", Operation: load.RowsNew, Rows: 1},
	}})
	word(schedules.Progress{Resource: "employer-documents", Before: end, Counts: end, State: load.WalkComplete, Done: true, Already: true})
	documents := func(archived, bytes int64) {
		word(schedules.Progress{Resource: "employer-documents files", Documents: &schedules.DocumentsReport{Archived: archived, Bytes: bytes}})
	}
	documents(2, 200)
	documents(5, 500)
	documents(3, 300) // overtaken on its way here
	documents(6, 600)
	word(schedules.Progress{Resource: "someone@example.com", Counts: end, Done: true})
	m.Progress("stranger", schedules.Progress{Resource: "employees", Counts: end})
	m.Ended(night, load.FireRow{}, &schedules.Report{Outcome: schedules.OutcomeUnavailable, Seconds: 20}, errors.New("away"))

	m.expect("linkhouse_pages_total", "employees 3")
	m.expect("linkhouse_objects_total", "changed employees 6", "new employees 100", "removed employees 8")
	m.expect("linkhouse_rejects_total", "employees 2")
	m.expect("linkhouse_rows_total", "new employerlink.employees 100")
	m.expect("linkhouse_walks_total", "employees complete 1")
	m.expect("linkhouse_documents_total", "archived employer-documents 6")
	m.expect("linkhouse_documents_archived_bytes_total", "employer-documents 600")
	m.expect("linkhouse_run_active")
	m.expect("linkhouse_run_start_timestamp_seconds")
	m.expect("linkhouse_runs_total", "night unavailable 1")

	// The next run begins at 0 again, and its first word is all its own.
	m.Began(night, load.FireRow{})
	word(schedules.Progress{Resource: "employees", Counts: load.Counts{Pages: 1, Unchanged: 9}})
	m.Ended(night, load.FireRow{}, &schedules.Report{Outcome: schedules.OutcomeComplete, Seconds: 40}, nil)
	m.expect("linkhouse_pages_total", "employees 4")
	m.expect("linkhouse_runs_total", "night complete 1", "night unavailable 1")
	m.expect("linkhouse_run_duration_seconds", "night complete 1", "night unavailable 1")
}

// Mutation: without FireCounts' condition on the time, fires are counted again, and it is red.
func TestWhatTheWarehouseSaysIsOfTheJobsAndResourcesThatAreKnown(t *testing.T) {
	t.Parallel()
	m := measure(t, everything)
	for range 3 {
		m.expect("linkhouse_warehouse_up", "1")
		m.expect("linkhouse_resource_last_complete_timestamp_seconds", "employees 1.768446e+09")
		m.expect("linkhouse_resource_jobs", "employees 2")
		m.expect("linkhouse_rejects_open", "employees 1")
		m.expect("linkhouse_documents_waiting", "employer-documents absent 1", "employer-documents failed 2")
		m.expect("linkhouse_job_fires_total", "night caught_up 1", "night on_time 1", "night skipped 1")
		m.expect("linkhouse_job_last_outcome", "night guarded 1")
		m.expect("linkhouse_job_last_fire_timestamp_seconds", "night 1.7685288e+09")
		m.expect("linkhouse_job_next_fire_timestamp_seconds", "night 1.7686152e+09")
		m.forget()
	}
}

// forget makes the next scrape ask the warehouse.
func (m *measured) forget() {
	m.warehouse.mu.Lock()
	m.warehouse.asked = time.Time{}
	m.warehouse.mu.Unlock()
}

// What is stale must not look well because nobody can be asked. Mutation: with known reset on an error in ask it is red.
func TestWhileTheWarehouseIsAwayTheLastThatIsKnownHolds(t *testing.T) {
	t.Parallel()
	m := measure(t, everything)
	m.expect("linkhouse_warehouse_up", "1")
	m.store.Close()
	m.forget()
	m.expect("linkhouse_warehouse_up")
	m.expect("linkhouse_rejects_open", "employees 1")
	m.expect("linkhouse_job_last_outcome", "night guarded 1")
	m.touch()
	m.expect("linkhouse_pages_total", "employees 1")

	unheard := measure(t, everything)
	unheard.store.Close()
	unheard.expect("linkhouse_warehouse_up")
	unheard.expect("linkhouse_resource_jobs", "employees 2")
	answer := httptest.NewRecorder()
	unheard.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	text, _ := io.ReadAll(answer.Body)
	if answer.Code != 200 || strings.Contains(string(text), "linkhouse_rejects_open") || !strings.Contains(string(text), "linkhouse_warehouse_up 0") {
		t.Errorf("%d, and the text says\n%s", answer.Code, text)
	}
}
