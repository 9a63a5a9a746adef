package load

import (
	"context"
	"time"
)

// JobHeld tells whether a process has the job in hand: the claim of one that was killed is free.
func (s *Store) JobHeld(ctx context.Context, job string) (held bool, err error) {
	held, err = s.held(ctx, "linkhouse/job "+job)
	return held, fail("look for who has a job in hand", err)
}

// held tells whether somebody holds the advisory lock of that name for himself.
func (s *Store) held(ctx context.Context, name string) (held bool, err error) {
	// An advisory lock on one number stands in pg_locks as the number's two halves.
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks
			WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND mode = 'ExclusiveLock'
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0))`, name).Scan(&held)
	return held, err
}

// GuardedWalk is a walk whose removals a guard stopped.
type GuardedWalk struct {
	RunID    int64     `json:"run_id" db:"run_id"`
	Resource string    `json:"resource" db:"resource"`
	Scope    string    `json:"scope" db:"scope"`
	Finished time.Time `json:"finished_at" db:"finished_at"`
}

// GuardedWalks are those after which the same was not read to its normal end: what they would have removed still stands. Newest
// first.
func (s *Store) GuardedWalks(ctx context.Context) ([]GuardedWalk, error) {
	return query[GuardedWalk](ctx, s, "look for removals that were stopped", `SELECT DISTINCT ON (g.resource, g.scope) g.run_id, g.resource, g.scope,
			coalesce(g.finished_at, g.updated_at) AS finished_at
		FROM etl.walks g WHERE g.state = 'guarded' AND NOT EXISTS (SELECT FROM etl.walks c WHERE c.resource = g.resource AND c.state = 'complete'
			AND c.scope IN (g.scope, 'all') AND NOT c.filtered AND c.finished_at > coalesce(g.finished_at, g.updated_at))
		ORDER BY g.resource, g.scope, g.walk_id DESC`)
}

// LastListed is how many objects each resource's list had when it was last read whole.
func (s *Store) LastListed(ctx context.Context) (map[string]int64, error) {
	type row struct {
		Resource string `db:"resource"`
		Listed   int64  `db:"listed"`
	}
	rows, err := query[row](ctx, s, "read how long lists were", `SELECT f.resource, w.listed FROM etl.freshness f
		JOIN etl.walks w ON w.run_id = f.last_run_id AND w.resource = f.resource AND w.scope = 'all'`)
	listed := map[string]int64{}
	for _, r := range rows {
		listed[r.Resource] = r.Listed
	}
	return listed, err
}
