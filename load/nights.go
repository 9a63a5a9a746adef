package load

import (
	"context"
	"time"
)

// What is asked here is asked again and again by whoever watches, so each question is bounded, however large the warehouse is and
// however long it has been there: by the last runs, or by so many rows.
const (
	watchedRuns = 50_000 // a job each minute makes 43,200 in thirty days
	currentRuns = 1_000  // among which one that is under way is found
	// CountedAtMost is up to where open work is counted.
	CountedAtMost = 100_000
)

// Night is what the walks of one resource that began on one UTC day came to.
type Night struct {
	Resource string    `db:"resource"`
	Day      time.Time `db:"day"`
	Walks    int64     `db:"walks"`
	Seconds  float64   `db:"seconds"` // of the longest walk
	Rows     int64     `db:"rows"`    // written, marked or refreshed
	Failed   int64     `db:"failed"`  // walks that failed, found the API unavailable, or were stopped by a guard
	Rejected int64     `db:"rejected"`
}

// Nights are the days since an instant on which something was read.
func (s *Store) Nights(ctx context.Context, since time.Time) ([]Night, error) {
	return query[Night](ctx, s, "read the nights", `WITH first AS (
			SELECT coalesce(min(run_id), 0) AS run_id FROM (SELECT run_id, started_at FROM etl.runs ORDER BY run_id DESC LIMIT $2) r
			WHERE started_at >= $1)
		SELECT resource, date_trunc('day', started_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS day, count(*) AS walks,
			coalesce(max(extract(epoch FROM coalesce(finished_at, updated_at) - started_at)), 0)::float8 AS seconds,
			sum(rows_written)::bigint AS rows, count(*) FILTER (WHERE state IN ('failed', 'unavailable', 'guarded')) AS failed,
			sum(rejected)::bigint AS rejected
		FROM etl.walks WHERE run_id >= (SELECT run_id FROM first) AND started_at >= $1 GROUP BY 1, 2 ORDER BY 1, 2`, since, watchedRuns)
}

// LastComplete is the last complete walk of a resource.
type LastComplete struct {
	Resource string    `db:"resource"`
	RunID    int64     `db:"run_id"`
	Started  time.Time `db:"started_at"`
	Finished time.Time `db:"finished_at"`
	Listed   int64     `db:"listed"`
}

// LastComplete are the last complete walks of some resources: what Freshness says of them, told without a look at all walks
// that ever were.
func (s *Store) LastComplete(ctx context.Context, resources []string) ([]LastComplete, error) {
	return query[LastComplete](ctx, s, "read freshness", `SELECT r.resource, w.run_id, w.started_at, w.finished_at, w.listed
		FROM unnest($1::text[]) AS r(resource), LATERAL (SELECT * FROM (
			SELECT walk_id, run_id, started_at, finished_at, listed FROM etl.walks
			WHERE resource = r.resource AND state = 'complete' AND scope = 'all' AND NOT filtered AND NOT narrowed AND finished_at IS NOT NULL
			ORDER BY walk_id DESC LIMIT 100) last ORDER BY finished_at DESC, walk_id DESC LIMIT 1) w`, resources)
}

// Working are the runs that stand as running. Whether somebody works on them Alive tells.
func (s *Store) Working(ctx context.Context) ([]RunRow, error) {
	return query[RunRow](ctx, s, "look for runs", "SELECT * FROM (SELECT "+runColumns+` FROM etl.runs ORDER BY run_id DESC LIMIT $1) r
		WHERE state = 'running' ORDER BY run_id`, currentRuns)
}

// DocumentLost is the state in which Backlog has a failed document of which the API serves a newer version.
const DocumentLost = "lost"

// Backlog is a group of documents that are not in the archive.
type Backlog struct {
	Resource string    `db:"resource"`
	State    string    `db:"state"` // pending, absent, failed or lost
	Count    int64     `db:"count"`
	Oldest   time.Time `db:"oldest"` // when the oldest was staged
}

// Backlog are the documents that are not in the archive, the first CountedAtMost of them.
func (s *Store) Backlog(ctx context.Context) ([]Backlog, error) {
	return query[Backlog](ctx, s, "count documents", `SELECT resource, state, count(*) AS count, min(staged_at) AS oldest FROM (
			SELECT resource, staged_at, CASE WHEN state = 'failed' AND `+superseded+` THEN 'lost' ELSE state END AS state
			FROM archive.documents d WHERE state <> 'archived' LIMIT $1) open
		GROUP BY 1, 2 ORDER BY 1, 2`, CountedAtMost)
}

// ArchivedDocuments counts the versions in the archive; of many it gives what the server estimates, and exact is false.
func (s *Store) ArchivedDocuments(ctx context.Context) (n int64, exact bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT n, n < $1 FROM (SELECT count(*) AS n
		FROM (SELECT FROM archive.documents WHERE state = 'archived' LIMIT $1) d) c`, CountedAtMost).Scan(&n, &exact)
	if err == nil && !exact {
		err = s.pool.QueryRow(ctx, "SELECT greatest(reltuples::bigint, $1) FROM pg_class WHERE oid = 'archive.documents'::regclass", CountedAtMost).Scan(&n)
	}
	return n, exact, fail("count documents", err)
}

// OpenRejects are the open rejects of a resource.
type OpenRejects struct {
	Resource string    `db:"resource"`
	Count    int64     `db:"count"`
	Oldest   time.Time `db:"oldest"` // when the oldest was first seen
}

// RejectsByResource are the open rejects, the first CountedAtMost of them.
func (s *Store) RejectsByResource(ctx context.Context) ([]OpenRejects, error) {
	return query[OpenRejects](ctx, s, "count rejects", `SELECT resource, count(*) AS count, min(first_seen_at) AS oldest
		FROM (SELECT resource, first_seen_at FROM etl.rejects WHERE state = 'open' LIMIT $1) open GROUP BY 1 ORDER BY 1`, CountedAtMost)
}

// DriftCount is how many kinds of drift a resource has.
type DriftCount struct {
	Resource string    `db:"resource"`
	Paths    int64     `db:"paths"`
	Values   int64     `db:"unknown_values"`
	New      int64     `db:"new"` // met in the given run for the first time
	LastSeen time.Time `db:"last_seen"`
}

// DriftByResource counts the drift, the first CountedAtMost of it, and what of it is new in a run.
func (s *Store) DriftByResource(ctx context.Context, runID int64) ([]DriftCount, error) {
	return query[DriftCount](ctx, s, "count drift", `SELECT resource, count(DISTINCT path) AS paths, count(*) FILTER (WHERE kind = 'unknown_value') AS unknown_values,
			count(*) FILTER (WHERE first_run_id = $2) AS new, max(last_seen_at) AS last_seen
		FROM (SELECT resource, path, kind, first_run_id, last_seen_at FROM etl.drift LIMIT $1) d GROUP BY 1 ORDER BY 1`, CountedAtMost, runID)
}

// LastFires are the last fires of the jobs that are known, one of each that ever came due.
func (s *Store) LastFires(ctx context.Context) ([]FireRow, error) {
	return query[FireRow](ctx, s, "read the timetable", `SELECT f.* FROM etl.schedules j, LATERAL (
			SELECT `+fireColumns+` FROM etl.fires f WHERE f.job = j.job ORDER BY fire_at DESC LIMIT 1) f ORDER BY f.job`)
}
