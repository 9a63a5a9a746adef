package load_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/load"
)

// Semantics 8: whoever is started just after a run was killed goes on, although the server has not noticed yet that the locks are
// nobody's; but a living holder, or one on another machine, is never waited for.
// Mutation: without isLeftBehind the first part is red, without the host in its condition, or without the signal, another.
func TestTheLocksOfAProcessThatIsNoMoreAreWaitedFor(t *testing.T) {
	t.Parallel()
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, holder := range map[string]struct {
		pid    int
		host   string
		waited bool
	}{
		"of this machine, and gone": {gone.Process.Pid, host, true},
		"of this machine, alive":    {os.Getpid(), host, false},
		"of another machine":        {gone.Process.Pid, "not " + host, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			spec := load.RunSpec{Resources: []string{"employers"}}
			held, err := w.process().BeginRun(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.db.Exec(t.Context(), "UPDATE etl.runs SET pid = $1, host = $2", holder.pid, holder.host); err != nil {
				t.Fatal(err)
			}
			noticed := make(chan struct{})
			time.AfterFunc(time.Second, func() { // the server notices
				defer close(noticed)
				_, _ = w.db.Exec(context.WithoutCancel(t.Context()), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			})
			next, err := w.store.BeginRun(t.Context(), spec)
			if holder.waited && (err != nil || !next.Resumed) || !holder.waited && !errors.Is(err, load.ErrLocked) {
				t.Errorf("%v, %+v", err, next)
			}
			<-noticed
			_ = held.Finish(t.Context(), load.RunComplete, 0, "")
		})
	}
}
