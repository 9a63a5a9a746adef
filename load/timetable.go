package load

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of a fire, which is a time that a job came due.
const (
	FireOnTime   = "on time"
	FireCaughtUp = "caught up" // run later, because nobody was there
	FireMissed   = "missed"    // not run, because nobody was there
	FireSkipped  = "skipped"   // not run, because the one before was still running
)

// The states of a fire.
const (
	FireRunning    = "running"
	FireWaiting    = "waiting" // to be tried again
	FireEnded      = "ended"
	FireSuperseded = "superseded" // the next one was due before it came to its end, and goes on with its run
)

// outcomeLocked is the outcome of a run that another one kept from its locks, so that it did not begin.
const outcomeLocked = "locked"

// ScheduleRow is a job's row in etl.schedules.
type ScheduleRow struct {
	Job       string     `json:"job" db:"job"`
	Cron      string     `json:"cron" db:"cron"`
	TimeZone  string     `json:"time_zone" db:"time_zone"`
	LastFire  *time.Time `json:"last_fire_at" db:"last_fire_at"`
	NextFire  *time.Time `json:"next_fire_at" db:"next_fire_at"`
	LastRunID *int64     `json:"last_run_id" db:"last_run_id"`
}

// FireRow is a row in etl.fires.
type FireRow struct {
	Job       string     `json:"job" db:"job"`
	Fire      time.Time  `json:"fire_at" db:"fire_at"`
	Kind      string     `json:"kind" db:"kind"`
	State     string     `json:"state" db:"state"`
	Missed    int        `json:"missed" db:"missed"`
	Attempts  int        `json:"attempts" db:"attempts"`
	TakenOver int        `json:"taken_over" db:"taken_over"`
	TakenFrom string     `json:"taken_from" db:"taken_from"` // the host whose process was gone
	RunID     *int64     `json:"run_id" db:"run_id"`
	Outcome   string     `json:"outcome" db:"outcome"`
	Host      string     `json:"host" db:"host"`
	PID       int        `json:"pid" db:"pid"`
	Begun     *time.Time `json:"begun_at" db:"begun_at"`
	RetryAt   *time.Time `json:"retry_at" db:"retry_at"`
	Finished  *time.Time `json:"finished_at" db:"finished_at"`
}

// Open reports whether the fire has not come to its end.
func (f *FireRow) Open() bool { return f.State == FireRunning || f.State == FireWaiting }

const (
	scheduleColumns = `job, coalesce(cron, '') AS cron, coalesce(time_zone, '') AS time_zone, last_fire_at, next_fire_at, last_run_id`
	fireColumns     = `job, fire_at, kind, state, missed, attempts, taken_over, coalesce(taken_from, '') AS taken_from, run_id,
		coalesce(outcome, '') AS outcome, coalesce(host, '') AS host, coalesce(pid, 0) AS pid, begun_at, retry_at, finished_at`
)

// Declare makes a job known. What was due before it was known, or before its expression was changed, is not made up for.
func (s *Store) Declare(ctx context.Context, job, cron, zone string, next time.Time) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO etl.schedules AS s (job, cron, time_zone, last_fire_at, next_fire_at, updated_at) VALUES ($1, $2, $3, $4, $5, $4)
		ON CONFLICT (job) DO UPDATE SET cron = EXCLUDED.cron, time_zone = EXCLUDED.time_zone, last_fire_at = EXCLUDED.last_fire_at,
			next_fire_at = EXCLUDED.next_fire_at, updated_at = EXCLUDED.updated_at
		WHERE (s.cron, s.time_zone) IS DISTINCT FROM (EXCLUDED.cron, EXCLUDED.time_zone)`, job, cron, zone, s.now(), instant(next))
	return fail("declare a job", err)
}

// Schedules are the jobs that are known, by name.
func (s *Store) Schedules(ctx context.Context) ([]ScheduleRow, error) {
	return query[ScheduleRow](ctx, s, "read the timetable", "SELECT "+scheduleColumns+" FROM etl.schedules ORDER BY job")
}

// OpenFires are the fires of all jobs that have not come to their end.
func (s *Store) OpenFires(ctx context.Context) ([]FireRow, error) {
	return query[FireRow](ctx, s, "read the timetable", "SELECT "+fireColumns+" FROM etl.fires WHERE state IN ('running', 'waiting') ORDER BY job, fire_at")
}

// Fires are the last fires of a job ("" for all), newest first.
func (s *Store) Fires(ctx context.Context, job string, limit int) ([]FireRow, error) {
	return query[FireRow](ctx, s, "read the timetable", "SELECT "+fireColumns+` FROM etl.fires WHERE $1 = '' OR job = $1
		ORDER BY fire_at DESC, job LIMIT $2`, job, limit)
}

// Claim is a job in the hands of this process: nobody else decides on its fires. It belongs to a connection of its own, so that
// it goes with its process. It may also go from one that stands still for long: what is written down holds only as long as nobody
// else has taken the fire up since, and is ClassFenced then.
type Claim struct {
	store *Store
	locks *locks
	job   string
}

// Claim takes a job, or fails with ErrLocked at once.
func (s *Store) Claim(ctx context.Context, job string) (*Claim, error) {
	l, err := s.lock(ctx, []string{"job " + job}, Scope{})
	if err != nil {
		return nil, err
	}
	return &Claim{store: s, locks: l, job: job}, nil
}

// Release gives the job free.
func (c *Claim) Release() { c.locks.release() }

// Read gives the job's row and its open fire, nil for none, as they are now that nobody else changes them.
func (c *Claim) Read(ctx context.Context) (row ScheduleRow, open *FireRow, err error) {
	rows, err := query[ScheduleRow](ctx, c.store, "read the timetable", "SELECT "+scheduleColumns+" FROM etl.schedules WHERE job = $1", c.job)
	if err != nil {
		return row, nil, err
	}
	if len(rows) == 0 {
		return row, nil, &Error{Op: "read the timetable", Class: ClassOther, err: errors.New("the job is not declared")}
	}
	fires, err := query[FireRow](ctx, c.store, "read the timetable", "SELECT "+fireColumns+` FROM etl.fires
		WHERE job = $1 AND state IN ('running', 'waiting') ORDER BY fire_at DESC`, c.job)
	if err == nil && len(fires) > 0 {
		open = &fires[0]
	}
	return rows[0], open, err
}

// stillTaken holds for the fire $1, $2 while it stands as it was taken up: $3 is its state then, $4 its attempts, $5 how often it was taken
// over.
const stillTaken = "job = $1 AND fire_at = $2 AND state = $3 AND attempts = $4 AND taken_over = $5"

// Decide writes down what was decided about a fire, and that those before it are decided on. A fire that is open gives way.
func (c *Claim) Decide(ctx context.Context, f FireRow, next time.Time) error {
	now := c.store.now()
	host, _ := os.Hostname() // only for people
	err := pgx.BeginFunc(ctx, c.store.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE etl.fires SET state = 'superseded', retry_at = NULL, finished_at = $2
			WHERE job = $1 AND state IN ('running', 'waiting') AND $3`, c.job, now, f.State == FireRunning); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO etl.fires (job, fire_at, kind, state, missed, attempts, host, pid, begun_at, finished_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $4 = 'running' THEN $9::timestamptz END, CASE WHEN $4 = 'ended' THEN $9::timestamptz END)
			ON CONFLICT DO NOTHING`, c.job, f.Fire, f.Kind, f.State, f.Missed, f.Attempts, host, os.Getpid(), now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return &Error{Op: "note a decision on the timetable", Class: ClassFenced}
		}
		_, err = tx.Exec(ctx, `UPDATE etl.schedules SET last_fire_at = greatest(last_fire_at, $2), next_fire_at = $3, updated_at = $4 WHERE job = $1`,
			c.job, f.Fire, instant(next), now)
		return err
	})
	return fail("note a decision on the timetable", err)
}

// GoOn writes down that this process takes an open fire up, as it was read: once more, or in place of a process that is gone. It gives the
// fire as it is then. Attempts are how many runs were begun for it, this one included; one that was kept from its locks had not begun.
func (c *Claim) GoOn(ctx context.Context, f FireRow) (FireRow, error) {
	host, _ := os.Hostname() // only for people
	err := c.store.pool.QueryRow(ctx, `UPDATE etl.fires SET state = 'running', retry_at = NULL, host = $6, pid = $7,
			taken_over = taken_over + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
			taken_from = CASE WHEN state = 'running' THEN host ELSE taken_from END,
			attempts = attempts + CASE WHEN state = 'waiting' AND outcome = $8 THEN 0 ELSE 1 END
		WHERE `+stillTaken+` RETURNING attempts, taken_over`, c.job, f.Fire, f.State, f.Attempts, f.TakenOver, host, os.Getpid(), outcomeLocked).
		Scan(&f.Attempts, &f.TakenOver)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, &Error{Op: "take up a fire", Class: ClassFenced}
	}
	f.State = FireRunning
	return f, fail("take up a fire", err)
}

// Finished gives the run that came to its end since a fire began, in the process that had taken it up, and its state; or 0. That process
// may have gone before it could write the fire's end. What others have done by the name of the job meanwhile is not the fire's.
func (c *Claim) Finished(ctx context.Context, f FireRow) (runID int64, state string, err error) {
	err = c.store.pool.QueryRow(ctx, `SELECT run_id, state FROM etl.runs WHERE job = $1 AND scope = 'all' AND host = $2 AND pid = $3 AND finished_at >= $4
		AND state IN ('complete', 'partial', 'guarded') ORDER BY run_id DESC LIMIT 1`, c.job, f.Host, f.PID, f.Begun).Scan(&runID, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	return runID, state, fail("look for the run of a fire", err)
}

// End writes down how the fire's run ended; with a time to try again the fire stays open.
func (c *Claim) End(ctx context.Context, f FireRow, runID int64, outcome string, retryAt time.Time) error {
	now := c.store.now()
	err := pgx.BeginFunc(ctx, c.store.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE etl.fires SET state = CASE WHEN $8::timestamptz IS NULL THEN 'ended' ELSE 'waiting' END, run_id = nullif($6, 0),
				outcome = $7, retry_at = $8, finished_at = CASE WHEN $8::timestamptz IS NULL THEN $9::timestamptz END
			WHERE `+stillTaken, c.job, f.Fire, f.State, f.Attempts, f.TakenOver, runID, outcome, instant(retryAt), now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return &Error{Op: "note the end of a fire", Class: ClassFenced}
		}
		_, err = tx.Exec(ctx, "UPDATE etl.schedules SET last_run_id = coalesce(nullif($2, 0), last_run_id), updated_at = $3 WHERE job = $1", c.job, runID, now)
		return err
	})
	return fail("note the end of a fire", err)
}
