package load

import (
	"context"
	"time"
)

// FireCount is how many fires of a job were of one kind.
type FireCount struct {
	Job   string    `db:"job"`
	Kind  string    `db:"kind"`
	Count int64     `db:"count"`
	Last  time.Time `db:"last"` // the last of them
}

// FireCounts counts the fires of jobs that come after an instant of each; the zero instant counts all. Fires are decided on in
// their order, so that whoever asks again from the last one that was counted counts each once, and reads little.
func (s *Store) FireCounts(ctx context.Context, jobs []string, after []time.Time) ([]FireCount, error) {
	return query[FireCount](ctx, s, "read the timetable", `SELECT f.job, f.kind, count(*) AS count, max(f.fire_at) AS last
		FROM unnest($1::text[], $2::timestamptz[]) AS a(job, after)
		JOIN etl.fires f ON f.job = a.job AND f.fire_at > a.after GROUP BY 1, 2 ORDER BY 1, 2`, jobs, after)
}

// JobOutcome is how the last run of a job ended.
type JobOutcome struct {
	Job     string `db:"job"`
	Outcome string `db:"outcome"`
}

// LastOutcomes are the outcomes of the jobs that ever ran on the timetable.
func (s *Store) LastOutcomes(ctx context.Context, jobs []string) ([]JobOutcome, error) {
	return query[JobOutcome](ctx, s, "read the timetable", `SELECT j.job, f.outcome FROM unnest($1::text[]) AS j(job)
		CROSS JOIN LATERAL (SELECT outcome FROM etl.fires f WHERE f.job = j.job AND outcome IS NOT NULL ORDER BY fire_at DESC LIMIT 1) f
		ORDER BY 1`, jobs)
}
