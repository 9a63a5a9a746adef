package load

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// locks are the advisory locks of a run. They belong to one connection that the run keeps to itself, outside the pool: when
// the process dies, Postgres notices the end of the connection and gives the locks free.
type locks struct{ conn *pgx.Conn }

// The server notices the end of a process within milliseconds, when it is not busy.
const (
	leftWithin = 10 * time.Second
	leftPoll   = 50 * time.Millisecond
)

// lock takes the resources in the scope, or fails with ErrLocked at once. A run over everything excludes every other run of
// its resources; runs over single employers or users exclude only those of the same scope, and runs over everything.
//
// A process of this machine that was killed a moment ago may still have its locks: these are waited for.
func (s *Store) lock(ctx context.Context, resources []string, scope Scope) (*locks, error) {
	for begun := time.Now(); ; {
		l, err := s.tryLock(ctx, resources, scope)
		if !errors.Is(err, ErrLocked) || time.Since(begun) > leftWithin || !s.isLeftBehind(ctx, resources, scope) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fail("take the run's locks", ctx.Err())
		case <-time.After(leftPoll):
		}
	}
}

// isLeftBehind reports whether the locks are those of a run whose process is no more, as far as this machine can tell.
func (s *Store) isLeftBehind(ctx context.Context, resources []string, scope Scope) bool {
	host, err := os.Hostname()
	if err != nil {
		return false
	}
	var pid int
	err = s.pool.QueryRow(ctx, `SELECT pid FROM etl.runs WHERE state = 'running' AND host = $4 AND resources && $1 AND (scope = $2 OR $3 IN (scope, $2))
		ORDER BY run_id DESC LIMIT 1`, resources, scope.String(), ScopeAll, host).Scan(&pid)
	if err != nil { // there is none, or it cannot be told
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func (s *Store) tryLock(ctx context.Context, resources []string, scope Scope) (*locks, error) {
	acquired, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, fail("take the run's locks", err)
	}
	l := &locks{conn: acquired.Hijack()}
	for _, resource := range resources {
		taken := false
		if scope == (Scope{}) {
			taken, err = l.try(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", resource)
		} else {
			taken, err = l.try(ctx, "SELECT pg_try_advisory_lock_shared(hashtextextended($1, 0))", resource)
			if err == nil && taken {
				taken, err = l.try(ctx, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", resource+"/"+scope.String())
			}
		}
		if err != nil {
			l.release()
			return nil, fail("take the run's locks", err)
		}
		if !taken {
			l.release()
			return nil, ErrLocked
		}
	}
	return l, nil
}

func (l *locks) try(ctx context.Context, query, name string) (taken bool, err error) {
	err = l.conn.QueryRow(ctx, query, "linkhouse/"+name).Scan(&taken)
	return taken, err
}

// release gives the locks free by ending their connection, also when the run's context is over.
func (l *locks) release() {
	if l == nil || l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = l.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()") // so that whoever comes next need not wait for the server to notice
	_ = l.conn.Close(ctx)                                      // an error means that the connection is gone already, and the locks with it
	l.conn = nil
}

// Holder is the run that keeps a run of these resources and this scope from its locks; ok is false when none can be named: a dry
// run writes no row, and one may have ended meanwhile.
func (s *Store) Holder(ctx context.Context, resources []string, scope Scope) (holder RunRow, ok bool, err error) {
	running, err := query[RunRow](ctx, s, "look for who holds the locks", "SELECT "+runColumns+` FROM etl.runs
		WHERE state = 'running' AND resources && $1 AND (scope = $2 OR $3 IN (scope, $2)) ORDER BY run_id DESC`, resources, scope.String(), ScopeAll)
	for _, run := range running {
		alive, err := s.Alive(ctx, run)
		if err != nil || alive {
			return run, alive, err
		}
	}
	return RunRow{}, false, err
}
