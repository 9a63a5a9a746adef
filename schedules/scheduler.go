package schedules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

const (
	// LookEvery is how often the timetable is looked at: how soon a process takes over from one that is gone.
	LookEvery = 2 * time.Second
	// A run that the API, the warehouse or the archive kept from its end is tried again after retryFirst, then after twice as
	// long each time, up to retryMost, and retryTimes at most. One that another run kept from its locks is after lockedRetry.
	retryFirst, retryMost = 5 * time.Minute, time.Hour
	retryTimes            = 6
	lockedRetry           = time.Minute
)

// Ran is what became of a fire's run.
type Ran struct {
	RunID   int64
	Outcome Outcome
}

// Scheduler runs jobs when they are due. Any number of them, on one machine or many, share a warehouse: each fire is decided on
// by one of them, and what one leaves unfinished another goes on with.
type Scheduler struct {
	Store *load.Store
	Jobs  []Job
	// Run carries out a job. When its context ends it saves what it has and returns; its fire stays open for whoever is next.
	Run func(ctx context.Context, job Job, fire load.FireRow) Ran
	// Now is the time; nil is time.Now.
	Now    func() time.Time
	Logger *slog.Logger

	jobs []*timed
	busy sync.WaitGroup
}

// timed is a job with its times.
type timed struct {
	Job
	fires Fires

	mu      sync.Mutex
	running bool // by this process
}

// Prepare reads the jobs' expressions and makes the jobs known.
func (s *Scheduler) Prepare(ctx context.Context) error {
	if s.Now == nil {
		s.Now = time.Now
	}
	for _, job := range s.Jobs {
		fires, err := job.Fires()
		if err != nil {
			return fmt.Errorf("job %s: %w", job.Name, err)
		}
		if job.CatchUpWindow == 0 {
			job.CatchUpWindow = defaultCatchUpWindow
		}
		s.jobs = append(s.jobs, &timed{Job: job, fires: fires})
		if err := s.Store.Declare(ctx, job.Name, job.Cron, job.TimeZone, fires.Next(s.Now())); err != nil {
			return err
		}
	}
	return nil
}

// Serve looks at the timetable until ctx ends, and then waits for its runs, which save what they have. Looked is told how each
// look went.
func (s *Scheduler) Serve(ctx context.Context, looked func(error)) {
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	defer s.Wait()
	for {
		_, err := s.Look(ctx)
		if ctx.Err() != nil {
			return
		}
		looked(err)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Wait waits for the runs under way.
func (s *Scheduler) Wait() { s.busy.Wait() }

// Look begins what is due and nobody else has begun, and goes on with what nobody works on any more. It says when something is
// due next; zero is never.
func (s *Scheduler) Look(ctx context.Context) (wake time.Time, err error) {
	rows, err := s.Store.Schedules(ctx)
	if err != nil {
		return wake, err
	}
	open, err := s.Store.OpenFires(ctx)
	if err != nil {
		return wake, err
	}
	for _, job := range s.jobs {
		at, err := s.look(ctx, job, scheduleOf(rows, job.Name), fireOf(open, job.Name))
		if err != nil {
			return wake, err
		}
		if !at.IsZero() && (wake.IsZero() || at.Before(wake)) {
			wake = at
		}
	}
	return wake, nil
}

func scheduleOf(rows []load.ScheduleRow, job string) load.ScheduleRow {
	for _, row := range rows {
		if row.Job == job {
			return row
		}
	}
	return load.ScheduleRow{}
}

func fireOf(fires []load.FireRow, job string) *load.FireRow {
	var last *load.FireRow
	for i := range fires {
		if fires[i].Job == job {
			last = &fires[i]
		}
	}
	return last
}

// look deals with one job. What the rows say was read before the job was in our hands, so it is only worth a try.
func (s *Scheduler) look(ctx context.Context, job *timed, row load.ScheduleRow, open *load.FireRow) (wake time.Time, err error) {
	job.mu.Lock()
	running := job.running
	job.mu.Unlock()
	if running {
		return wake, nil
	}
	if wake = job.idle(row, open, s.Now()); wake.After(s.Now()) || wake.IsZero() {
		return wake, nil
	}
	claim, err := s.Store.Claim(ctx, job.Name)
	if errors.Is(err, load.ErrLocked) { // somebody else has it in hand
		return time.Time{}, nil
	}
	if err != nil {
		return wake, err
	}
	begun := false
	defer func() {
		if !begun {
			claim.Release()
		}
	}()
	if row, open, err = claim.Read(ctx); err != nil {
		return wake, err
	}
	fire, err := s.decide(ctx, job, claim, row, open)
	if err != nil || fire == nil {
		return job.idle(row, open, s.Now()), err
	}
	begun = true
	job.mu.Lock()
	job.running = true
	job.mu.Unlock()
	s.busy.Go(func() {
		s.carry(ctx, job, claim, *fire)
		job.mu.Lock()
		job.running = false
		job.mu.Unlock()
	})
	return time.Time{}, nil
}

// idle is when the job wants a decision: a time that is past wants one now.
func (j *timed) idle(row load.ScheduleRow, open *load.FireRow, now time.Time) time.Time {
	if row.LastFire == nil { // somebody has emptied the table: let it be declared anew by the next start
		return time.Time{}
	}
	t := j.turn(*row.LastFire, now)
	switch {
	case !t.fire.IsZero():
		return j.fires.Ripe(t.fire)
	case open == nil:
		return t.wake
	case open.State == load.FireWaiting && open.RetryAt != nil && (t.wake.IsZero() || open.RetryAt.Before(t.wake)):
		return *open.RetryAt
	case open.State == load.FireWaiting:
		return t.wake
	}
	return now // its process is gone, or this could not be asked
}

// decide says which fire to run now, and writes it down first.
func (s *Scheduler) decide(ctx context.Context, job *timed, claim *load.Claim, row load.ScheduleRow, open *load.FireRow) (*load.FireRow, error) {
	if row.LastFire == nil {
		return nil, nil
	}
	now := s.Now()
	t := job.turn(*row.LastFire, now)
	if !t.fire.IsZero() {
		fire := load.FireRow{Job: job.Name, Fire: t.fire, Kind: t.kind, State: load.FireRunning, Missed: t.missed, Attempts: 1}
		if t.kind == load.FireMissed {
			fire.State, fire.Attempts = load.FireEnded, 0
		}
		if err := claim.Decide(ctx, fire, job.fires.Next(now)); err != nil {
			return nil, err
		}
		s.Logger.InfoContext(ctx, "job is due", "job", job.Name, "fire", t.fire, "kind", t.kind, "missed", t.missed)
		if fire.State == load.FireRunning {
			return &fire, nil
		}
	}
	if open == nil || open.State == load.FireWaiting && open.RetryAt != nil && open.RetryAt.After(now) {
		return nil, nil
	}
	if open.State == load.FireRunning {
		run, state, err := claim.Finished(ctx, *open)
		if err != nil {
			return nil, err
		}
		if run != 0 {
			s.Logger.InfoContext(ctx, "ending a job whose process went after its run had ended", "job", job.Name, "fire", open.Fire, "run", run)
			return nil, claim.End(ctx, *open, run, state, time.Time{})
		}
		s.Logger.InfoContext(ctx, "taking over a job whose process is gone", "job", job.Name, "fire", open.Fire)
	}
	fire, err := claim.GoOn(ctx, *open)
	return &fire, err
}

// carry runs a fire and writes down how it went. The job is in our hands until then.
func (s *Scheduler) carry(ctx context.Context, job *timed, claim *load.Claim, fire load.FireRow) {
	defer claim.Release()
	ran := s.Run(ctx, job.Job, fire)
	if ran.Outcome == OutcomeInterrupted || ctx.Err() != nil && !ran.Outcome.finished() {
		s.Logger.Info("job is left to whoever is next", "job", job.Name, "fire", fire.Fire)
		return
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer stop()
	now := s.Now()
	err := claim.End(last, fire, ran.RunID, string(ran.Outcome), retryAt(ran.Outcome, fire.Attempts, now))
	if err == nil {
		err = s.skip(last, job, claim, now)
	}
	if err != nil {
		s.Logger.Error("the end of a job could not be noted; the next look finds out by itself", "job", job.Name, "error", err)
	}
}

// retryAt is when a fire is tried again whose run ended so; zero is never.
func retryAt(o Outcome, attempts int, now time.Time) time.Time {
	switch {
	case o == OutcomeLocked:
		return now.Add(lockedRetry)
	case (o == OutcomeUnavailable || o == OutcomeStore) && attempts <= retryTimes:
		return now.Add(min(retryFirst<<(attempts-1), retryMost))
	}
	return time.Time{}
}

// skip decides on the fires that came due while the job was running: they are not run.
func (s *Scheduler) skip(ctx context.Context, job *timed, claim *load.Claim, now time.Time) error {
	row, open, err := claim.Read(ctx)
	if err != nil || row.LastFire == nil || open != nil {
		return err
	}
	t := job.turn(*row.LastFire, now)
	if t.fire.IsZero() {
		return nil
	}
	return claim.Decide(ctx, load.FireRow{Job: job.Name, Fire: t.fire, Kind: load.FireSkipped, State: load.FireEnded, Missed: t.missed}, job.fires.Next(now))
}
