package load

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// RunRow is a run as etl.runs has it.
type RunRow struct {
	ID        int64      `json:"run_id" db:"run_id"`
	Job       string     `json:"job" db:"job"`
	Resources []string   `json:"resources" db:"resources"`
	Scope     string     `json:"scope" db:"scope"`
	Include   []string   `json:"include" db:"include"`
	Flags     []string   `json:"flags" db:"flags"`
	State     string     `json:"state" db:"state"`
	ExitCode  *int       `json:"exit_code" db:"exit_code"`
	Version   string     `json:"version" db:"version"`
	Host      string     `json:"host" db:"host"`
	Started   time.Time  `json:"started_at" db:"started_at"`
	Updated   time.Time  `json:"updated_at" db:"updated_at"`
	Finished  *time.Time `json:"finished_at" db:"finished_at"`
	Message   string     `json:"message" db:"message"`
}

const runColumns = `run_id, coalesce(job, '') AS job, resources, scope, include, flags, state, exit_code, coalesce(version, '') AS version,
	coalesce(host, '') AS host, started_at, updated_at, finished_at, coalesce(message, '') AS message`

// WalkRow is a walk as etl.walks has it.
type WalkRow struct {
	Resource   string     `json:"resource" db:"resource"`
	Scope      string     `json:"scope" db:"scope"`
	State      string     `json:"state" db:"state"`
	Filtered   bool       `json:"filtered" db:"filtered"`
	ErrorClass string     `json:"error_class" db:"error_class"`
	Error      string     `json:"error" db:"error"`
	Started    time.Time  `json:"started_at" db:"started_at"`
	Updated    time.Time  `json:"updated_at" db:"updated_at"`
	Finished   *time.Time `json:"finished_at" db:"finished_at"`
	Counts
}

// Runs are the last runs, newest first.
func (s *Store) Runs(ctx context.Context, limit int) ([]RunRow, error) {
	return query[RunRow](ctx, s, "list runs", "SELECT "+runColumns+" FROM etl.runs ORDER BY run_id DESC LIMIT $1", limit)
}

// RunByID is one run; ok is false when there is none.
func (s *Store) RunByID(ctx context.Context, id int64) (run RunRow, ok bool, err error) {
	runs, err := query[RunRow](ctx, s, "read a run", "SELECT "+runColumns+" FROM etl.runs WHERE run_id = $1", id)
	if err != nil || len(runs) == 0 {
		return RunRow{}, false, err
	}
	return runs[0], true, nil
}

// Walks are the walks of a run, in the order they began.
func (s *Store) Walks(ctx context.Context, runID int64) ([]WalkRow, error) {
	rows, err := s.pool.Query(ctx, `SELECT resource, scope, state, filtered, coalesce(error_class, ''), coalesce(error, ''), started_at, updated_at,
		finished_at, pages, listed, fetched, vanished, new, changed, unchanged, returned, removed, rejected, drift, repaired, rows_written,
		api_calls, retries, recognised, spared FROM etl.walks WHERE run_id = $1 ORDER BY walk_id`, runID)
	if err != nil {
		return nil, fail("list walks", err)
	}
	walks, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w WalkRow, err error) {
		c := &w.Counts
		err = row.Scan(&w.Resource, &w.Scope, &w.State, &w.Filtered, &w.ErrorClass, &w.Error, &w.Started, &w.Updated, &w.Finished,
			&c.Pages, &c.Listed, &c.Fetched, &c.Vanished, &c.New, &c.Changed, &c.Unchanged, &c.Returned, &c.Removed, &c.Rejected,
			&c.Drift, &c.Repaired, &c.Rows, &c.Requests, &c.Retries, &c.Recognised, &c.Spared)
		return w, err
	})
	return walks, fail("list walks", err)
}

// Freshness is how old the last complete walk of a resource is.
type Freshness struct {
	Resource     string    `json:"resource" db:"resource"`
	LastComplete time.Time `json:"last_complete_at" db:"last_complete_at"`
	RunID        int64     `json:"last_run_id" db:"last_run_id"`
	LagSeconds   int64     `json:"lag_seconds" db:"lag_seconds"`
}

// Freshness is the age of every resource that was ever read completely.
func (s *Store) Freshness(ctx context.Context) ([]Freshness, error) {
	return query[Freshness](ctx, s, "read freshness", `SELECT resource, last_complete_at, last_run_id,
		extract(epoch FROM lag)::bigint AS lag_seconds FROM etl.freshness ORDER BY resource`)
}

// RejectRow is a reject as etl.rejects has it.
type RejectRow struct {
	ID        int64     `json:"reject_id" db:"reject_id"`
	Resource  string    `json:"resource" db:"resource"`
	Owner     string    `json:"owner" db:"owner"`
	SourceID  string    `json:"source_id" db:"source_id"`
	Place     string    `json:"place" db:"place"`
	Reason    string    `json:"reason" db:"reason"`
	State     string    `json:"state" db:"state"`
	Times     int64     `json:"times" db:"times"`
	RunID     *int64    `json:"run_id" db:"run_id"`
	FirstSeen time.Time `json:"first_seen_at" db:"first_seen_at"`
	LastSeen  time.Time `json:"last_seen_at" db:"last_seen_at"`
}

const rejectColumns = "reject_id, resource, owner, source_id, place, reason, state, times, run_id, first_seen_at, last_seen_at"

// Rejects are the rejects of a resource ("" for all), newest first; resolved ones only when asked for.
func (s *Store) Rejects(ctx context.Context, resource string, resolved bool, limit int) ([]RejectRow, error) {
	return query[RejectRow](ctx, s, "list rejects", "SELECT "+rejectColumns+` FROM etl.rejects
		WHERE ($1 = '' OR resource = $1) AND (state = 'open' OR $2) ORDER BY reject_id DESC LIMIT $3`, resource, resolved, limit)
}

// Reject is one reject with its payload, whose secrets are masked; ok is false when there is none.
func (s *Store) Reject(ctx context.Context, id int64) (row RejectRow, payload string, ok bool, err error) {
	rows, err := query[RejectRow](ctx, s, "read a reject", "SELECT "+rejectColumns+" FROM etl.rejects WHERE reject_id = $1", id)
	if err != nil || len(rows) == 0 {
		return RejectRow{}, "", false, err
	}
	err = s.pool.QueryRow(ctx, "SELECT coalesce(payload, '') FROM etl.rejects WHERE reject_id = $1", id).Scan(&payload)
	return rows[0], payload, true, fail("read a reject", err)
}

// OpenRejects counts those of the rejects that are open.
func (s *Store) OpenRejects(ctx context.Context, ids []int64) (open int, err error) {
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM etl.rejects WHERE state = 'open' AND reject_id = ANY($1)", ids).Scan(&open)
	return open, fail("count open rejects", err)
}

// DriftRow is a departure from the references as etl.drift has it.
type DriftRow struct {
	Resource  string    `json:"resource" db:"resource"`
	Path      string    `json:"path" db:"path"`
	Kind      string    `json:"kind" db:"kind"`
	Value     string    `json:"value" db:"value"`
	Times     int64     `json:"times" db:"times"`
	FirstSeen time.Time `json:"first_seen_at" db:"first_seen_at"`
	LastSeen  time.Time `json:"last_seen_at" db:"last_seen_at"`
}

// Drift is the drift of a resource ("" for all).
func (s *Store) Drift(ctx context.Context, resource string) ([]DriftRow, error) {
	return query[DriftRow](ctx, s, "list drift", `SELECT resource, path, kind, value, times, first_seen_at, last_seen_at FROM etl.drift
		WHERE $1 = '' OR resource = $1 ORDER BY resource, path, kind, value`, resource)
}

// Attention is what needs a person.
type Attention struct {
	OpenRejects     int64 `json:"open_rejects" db:"open_rejects"`
	NewDrift        int64 `json:"new_drift" db:"new_drift"` // paths first met in the run
	FailedDocuments int64 `json:"failed_documents" db:"failed_documents"`
	// LostDocuments are earlier versions whose file is gone or damaged; the API serves newer content.
	LostDocuments int64 `json:"lost_documents" db:"lost_documents"`
}

// Attention counts what needs a person after a run.
func (s *Store) Attention(ctx context.Context, runID int64) (Attention, error) {
	rows, err := query[Attention](ctx, s, "count what needs attention", `SELECT
		(SELECT count(*) FROM etl.rejects WHERE state = 'open') AS open_rejects,
		(SELECT count(*) FROM etl.drift WHERE first_run_id = $1) AS new_drift,
		(SELECT count(*) FROM archive.documents d WHERE state = 'failed' AND NOT `+superseded+`) AS failed_documents,
		(SELECT count(*) FROM archive.documents d WHERE state = 'failed' AND `+superseded+`) AS lost_documents`, runID)
	if err != nil {
		return Attention{}, err
	}
	return rows[0], nil
}

// TableCount is how many live rows a table has.
type TableCount struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// TableCounts counts the live rows of every table of the catalog, in its order.
func (s *Store) TableCounts(ctx context.Context, resources []string) ([]TableCount, error) {
	var counts []TableCount
	seen := map[string]bool{}
	for _, name := range resources {
		for _, t := range s.resources[name].Tables() {
			if seen[t.String()] {
				continue
			}
			seen[t.String()] = true
			where := " WHERE _removed_at IS NULL"
			if t.Lines {
				where = ""
			}
			var n int64
			if err := s.pool.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM %s%s", t, where)).Scan(&n); err != nil {
				return nil, fail("count rows", err)
			}
			counts = append(counts, TableCount{Table: t.String(), Rows: n})
		}
	}
	return counts, nil
}

// Strings runs a query of the user's that gives one column of text: the PayLink users.
func (s *Store) Strings(ctx context.Context, sql string) ([]string, error) {
	rows, err := s.pool.Query(ctx, "SELECT value::text FROM ("+strings.TrimRight(strings.TrimSpace(sql), ";")+"\n) AS u(value) WHERE value IS NOT NULL")
	if err != nil {
		return nil, fail("run users.query", err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return values, fail("run users.query", err)
}

func query[T any](ctx context.Context, s *Store, op, sql string, arguments ...any) ([]T, error) {
	rows, err := s.pool.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, fail(op, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	return out, fail(op, err)
}
