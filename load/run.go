package load

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// The states of a run.
const (
	RunRunning     = "running"
	RunComplete    = "complete"
	RunPartial     = "partial"     // finished, with rejects or failed walks
	RunGuarded     = "guarded"     // finished, but a guard stopped a removal
	RunInterrupted = "interrupted" // stopped by a person; goes on where it stopped
	RunUnavailable = "unavailable" // API, warehouse or archive could not be reached; goes on where it stopped
	RunRefused     = "refused"     // credentials refused; goes on where it stopped
	RunFailed      = "failed"
)

// ResumeWithin is how old an unfinished run may be to be gone on with. An older one is begun anew, because what it saw at
// its start says too little about what is there now.
const ResumeWithin = 24 * time.Hour

// RunSpec says what a run is to do. Two runs with the same spec are the same work: an unfinished one is gone on with.
type RunSpec struct {
	Job       string
	Resources []string
	Scope     Scope
	Include   []string
	// LeftOut are the projections that other runs ask for besides: what stands rejected of these is not closed. Narrowed says that one of
	// them asks for all that this one does, and for these: this one does not make a resource current.
	LeftOut  []string
	Narrowed bool
	// Flags are further words of the command line that shape the run; they are kept to tell how to go on with it.
	Flags   []string
	Version string
	// Partial says that the walks see single objects only. What they say of shared rows then only fills what is missing:
	// whom of several to believe is for a walk that hears them all.
	Partial bool
	// Fresh begins anew even if an unfinished run could be gone on with.
	Fresh bool
	// RunID is the one run to go on with, and ErrNotResumable the answer when that is not possible; 0 is any. Whoever names it may
	// go on with an old one, too, where it is Partial: nothing is removed for what it did not see.
	RunID int64
	// NotBefore is when the work came due. Where an unfinished run is gone on with, a list that was read to its end before is read anew,
	// and with Approved one whose removals a guard stopped.
	NotBefore time.Time
	Approved  bool
	// Dry compares and counts and writes nothing, not even the run itself.
	Dry bool
}

// ErrNotResumable says that a run which was named cannot be gone on with: it is over, it is other work, or a later one has taken
// its place.
var ErrNotResumable = errors.New("the run cannot be gone on with")

// Run is a run under way: it holds the locks of its resources.
type Run struct {
	ID      int64
	Resumed bool
	Started time.Time // when the run began, maybe in an earlier process
	Since   time.Time // when this process took it up

	store     *Store
	resources []string
	include   []string
	notBefore time.Time
	approved  bool
	locks     *locks
	dry       bool
	leftOut   []string
	narrowed  bool
	partial   bool
}

// BeginRun takes the locks of the run and begins it, or goes on with an unfinished one of the same spec. It fails with
// ErrLocked when another run holds one of the resources in this scope.
func (s *Store) BeginRun(ctx context.Context, spec RunSpec) (*Run, error) {
	l, err := s.lock(ctx, spec.Resources, spec.Scope)
	if err != nil {
		return nil, err
	}
	r := &Run{store: s, resources: spec.Resources, include: spec.Include, leftOut: spec.LeftOut, narrowed: spec.Narrowed, notBefore: spec.NotBefore, approved: spec.Approved, locks: l, dry: spec.Dry, partial: spec.Partial || spec.Scope != (Scope{}), Since: s.now()}
	r.Started = r.Since
	if spec.Dry {
		return r, nil
	}
	if err := r.begin(ctx, spec); err != nil {
		l.release()
		return nil, err
	}
	for _, resource := range spec.Resources {
		s.runs.Store(resource, r)
	}
	return r, nil
}

func (r *Run) begin(ctx context.Context, spec RunSpec) error {
	host, _ := os.Hostname() // only for people; a run without it is a run
	now := r.Since
	since := now.Add(-ResumeWithin)
	if spec.RunID != 0 && spec.Partial {
		since = time.Time{}
	}
	err := pgx.BeginFunc(ctx, r.store.pool, func(tx pgx.Tx) error {
		if !spec.Fresh {
			err := tx.QueryRow(ctx, `UPDATE etl.runs SET state = 'running', updated_at = $6, pid = $7, host = $8, version = $9,
					flags = $10, exit_code = NULL, finished_at = NULL, message = NULL
				WHERE run_id = (SELECT run_id FROM etl.runs WHERE coalesce(job, '') = $1 AND resources = $2 AND scope = $3
						AND include IS NOT DISTINCT FROM $4::text[] ORDER BY run_id DESC LIMIT 1)
					AND state IN ('running', 'interrupted', 'unavailable', 'refused', 'failed') AND started_at > $5 AND $11::bigint IN (0, run_id)
				RETURNING run_id, started_at`,
				spec.Job, spec.Resources, spec.Scope.String(), spec.Include, since, now, os.Getpid(), host, spec.Version, spec.Flags, spec.RunID).
				Scan(&r.ID, &r.Started)
			if err == nil {
				r.Resumed = true
			} else if !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		}
		if !r.Resumed && spec.RunID != 0 {
			return ErrNotResumable
		}
		if !r.Resumed {
			if err := tx.QueryRow(ctx, `INSERT INTO etl.runs (job, resources, scope, include, flags, state, version, host, pid, started_at, updated_at)
				VALUES (nullif($1, ''), $2, $3, $4, $5, 'running', $6, $7, $8, $9, $9) RETURNING run_id`,
				spec.Job, spec.Resources, spec.Scope.String(), spec.Include, spec.Flags, spec.Version, host, os.Getpid(), now).Scan(&r.ID); err != nil {
				return err
			}
		}
		return r.fenceOff(ctx, tx, spec)
	})
	if errors.Is(err, ErrNotResumable) {
		return err
	}
	return fail("begin a run", err)
}

// fenceOff keeps whoever was at work here before from writing another row. All runs that overlap with this one have lost their
// locks, since we hold them: most are dead, but one that was held up, and lost its connection, may wake. Their walks get another
// epoch, which each commit looks at; a commit that is under way at this instant is waited for.
func (r *Run) fenceOff(ctx context.Context, tx pgx.Tx, spec RunSpec) error {
	if _, err := tx.Exec(ctx, `WITH dead AS (
			UPDATE etl.runs SET state = 'interrupted', finished_at = $3, message = 'the process ended without a word'
			WHERE state = 'running' AND run_id <> $1 AND resources && $2 AND (scope = $4 OR $5 IN (scope, $4)) RETURNING run_id)
		UPDATE etl.walks SET state = 'interrupted', epoch = epoch + 1, finished_at = $3
		WHERE state = 'running' AND run_id IN (SELECT run_id FROM dead)`,
		r.ID, spec.Resources, r.Since, spec.Scope.String(), ScopeAll); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE etl.walks SET epoch = epoch + 1 WHERE run_id = $1 AND state = 'running'", r.ID)
	return err
}

// stillOurs is the condition under which the run $1, taken up at $2, is this process's. Who takes it over, or takes its locks,
// changes one or the other.
const stillOurs = "run_id = $1 AND state = 'running' AND updated_at = $2"

// ours is the run, if any, that this store has of a resource, as the arguments of stillOurs; no run is 0.
func (s *Store) ours(resource string) (id int64, since time.Time) {
	if run, ok := s.runs.Load(resource); ok {
		r := run.(*Run)
		return r.ID, r.Since
	}
	return 0, time.Time{}
}

// Finish says how the run ended and gives its locks free. The context may be over already.
func (r *Run) Finish(ctx context.Context, state string, exitCode int, message string) error {
	defer r.locks.release()
	if r.dry {
		return nil
	}
	for _, resource := range r.resources {
		r.store.runs.CompareAndDelete(resource, r)
	}
	now := r.store.now()
	tag, err := r.store.pool.Exec(ctx, `UPDATE etl.runs SET state = $3, exit_code = $4, message = nullif($5, ''), updated_at = $6, finished_at = $6
		WHERE `+stillOurs, r.ID, r.Since, state, exitCode, message, now)
	if err == nil && tag.RowsAffected() != 1 {
		return &Error{Op: "finish a run", Class: ClassFenced}
	}
	return fail("finish a run", err)
}
