package load_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkhouse/linkhouse/load"
)

// years fills a warehouse with what a job each minute leaves in thirty days, and documents by the hundred thousand.
func (w *warehouse) years() {
	w.t.Helper()
	for _, sql := range []string{
		`INSERT INTO etl.runs (job, resources, state, started_at, updated_at, finished_at)
			SELECT 'minutely', '{employers,tasks}', 'complete', at, at + interval '9 s', at + interval '9 s'
			FROM generate_series(now() - interval '40 days', now(), interval '1 minute') at`,
		`INSERT INTO etl.walks (run_id, resource, scope, state, filtered, rows_written, rejected, started_at, updated_at, finished_at)
			SELECT run_id, r, 'all', CASE WHEN run_id % 1000 = 0 THEN 'failed' ELSE 'complete' END, r = 'tasks', 2, 0, started_at, updated_at, finished_at
			FROM etl.runs, unnest(resources) r`,
		`INSERT INTO archive.documents (resource, source_id, version, state, sha256, staged_at)
			SELECT 'payroll-runs', n::text, 1, CASE WHEN n % 2 = 0 THEN 'archived' ELSE 'pending' END, CASE WHEN n % 2 = 0 THEN 'x' END, now()
			FROM generate_series(1, 220000) n`,
		"ANALYZE etl.runs, etl.walks, archive.documents",
	} {
		if _, err := w.db.Exec(w.t.Context(), sql); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Section 7: what is asked again and again is bounded, however long the warehouse has been there, and says the same as what is
// asked once.
//
// Mutation: with ASC in LastComplete, or without LIMIT in Backlog (nights.go), it is red.
func TestWhoWatchesALargeWarehouseIsToldTheSameAtABoundedCost(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.years()
	ctx := t.Context()
	fresh, err := w.store.Freshness(ctx)
	if err != nil {
		t.Fatal(err)
	}
	complete, err := w.store.LastComplete(ctx, []string{"employers", "tasks", "employees"})
	if err != nil {
		t.Fatal(err)
	}
	if len(fresh) != 1 || len(complete) != 1 || complete[0].Resource != "employers" || complete[0].RunID != fresh[0].RunID ||
		!complete[0].Finished.Equal(fresh[0].LastComplete) {
		t.Errorf("last complete %+v, fresh %+v", complete, fresh)
	}

	since := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -29)
	nights, err := w.store.Nights(ctx, since)
	if err != nil {
		t.Fatal(err)
	}
	var walks, failed, rows int64
	for i, n := range nights {
		walks, failed, rows = walks+n.Walks, failed+n.Failed, rows+n.Rows
		if n.Seconds != 9 || n.Day.UTC().Hour() != 0 || i > 0 && n.Resource == nights[i-1].Resource && !n.Day.After(nights[i-1].Day) {
			t.Errorf("night %d: %+v", i, n)
		}
	}
	in := " FROM etl.walks WHERE started_at >= $1"
	want := []int64{w.number("SELECT count(*)"+in, since), w.number("SELECT count(*)"+in+" AND state = 'failed'", since),
		w.number("SELECT sum(rows_written)"+in, since), 60}
	if diff := cmp.Diff(want, []int64{walks, failed, rows, int64(len(nights))}); diff != "" || walks < 80_000 {
		t.Errorf("walks, failed, rows, nights: %s", diff)
	}

	backlog, err := w.store.Backlog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(backlog) != 1 || backlog[0].Count != load.CountedAtMost || backlog[0].State != load.DocumentPending {
		t.Errorf("backlog %+v", backlog)
	}
	if n, exact, err := w.store.ArchivedDocuments(ctx); err != nil || exact || n < load.CountedAtMost || n > 250_000 {
		t.Errorf("%d archived, exact %v, %v", n, exact, err)
	}
}

// A failed document of which there is a newer version is lost, and is no work for anybody.
//
// Mutation: without DocumentLost in Backlog (nights.go) it is red.
func TestTheBacklogTellsLostDocumentsFromFailedOnes(t *testing.T) {
	t.Parallel()
	w := open(t)
	if _, err := w.db.Exec(t.Context(), `INSERT INTO archive.documents (resource, source_id, version, state, sha256, staged_at) VALUES
		('payroll-runs', 'a', 1, 'failed', 'x', now()), ('payroll-runs', 'a', 2, 'archived', 'y', now()), ('payroll-runs', 'b', 1, 'failed', NULL, now()),
		('employer-documents', 'c', 1, 'absent', NULL, now() - interval '2 days'), ('employer-documents', 'd', 1, 'absent', NULL, now())`); err != nil {
		t.Fatal(err)
	}
	backlog, err := w.store.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, b := range backlog {
		got[b.Resource+" "+b.State] = b.Count
		if b.State == load.DocumentAbsent && time.Since(b.Oldest) < 47*time.Hour {
			t.Errorf("the oldest is of %s", b.Oldest)
		}
	}
	if diff := cmp.Diff(map[string]int64{"payroll-runs lost": 1, "payroll-runs failed": 1, "employer-documents absent": 2},
		got); diff != "" {
		t.Error(diff)
	}
	attention, err := w.store.Attention(t.Context(), 0)
	if err != nil || attention.FailedDocuments != 1 || attention.LostDocuments != 1 {
		t.Errorf("status counts %+v (%v)", attention, err)
	}
	if n, exact, err := w.store.ArchivedDocuments(t.Context()); err != nil || !exact || n != 1 {
		t.Errorf("%d archived, exact %v, %v", n, exact, err)
	}
}

// Of every job the last fire is told, and of open rejects and drift how many there are.
//
// Mutation: with ORDER BY fire_at in LastFires (nights.go) it is red.
func TestTheLastFireOfEachJobAndTheOpenRejectsAreTold(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, sql := range []string{
		`INSERT INTO etl.schedules (job) VALUES ('a'), ('b'), ('never')`,
		`INSERT INTO etl.fires (job, fire_at, kind, state) VALUES ('a', now() - interval '2 h', 'on time', 'ended'), ('a', now() - interval '1 h', 'skipped', 'ended'),
			('b', now() - interval '9 h', 'missed', 'ended'), ('unknown', now(), 'on time', 'running')`,
		`INSERT INTO etl.rejects (resource, source_id, reason, state, payload_hash, first_seen_at, last_seen_at) VALUES
			('tasks', 'x', '', 'open', '', now() - interval '3 h', now()), ('tasks', 'y', '', 'open', '', now(), now()), ('employees', 'z', '', 'resolved', '', now(), now())`,
		`INSERT INTO etl.drift (resource, path, kind, value, times, first_seen_at, last_seen_at, first_run_id) VALUES
			('tasks', 'p', 'unknown_value', 'u', 1, now(), now(), 7), ('tasks', 'p', 'unknown_value', 'v', 1, now(), now(), 8), ('tasks', 'q', 'unknown_field', '', 1, now(), now(), 7)`,
	} {
		if _, err := w.db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	fires, err := w.store.LastFires(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range fires {
		got[f.Job] = f.Kind
	}
	if diff := cmp.Diff(map[string]string{"a": load.FireSkipped, "b": load.FireMissed}, got); diff != "" {
		t.Error(diff)
	}
	rejects, err := w.store.RejectsByResource(t.Context())
	if err != nil || len(rejects) != 1 || rejects[0].Resource != "tasks" || rejects[0].Count != 2 ||
		time.Since(rejects[0].Oldest) < 2*time.Hour {
		t.Errorf("rejects %+v (%v)", rejects, err)
	}
	drift, err := w.store.DriftByResource(t.Context(), 7)
	if err != nil || len(drift) != 1 || drift[0].Paths != 2 || drift[0].Values != 2 || drift[0].New != 2 {
		t.Errorf("drift %+v (%v)", drift, err)
	}
}
