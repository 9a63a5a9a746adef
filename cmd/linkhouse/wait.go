package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/linkhouse/linkhouse/load"
	"github.com/linkhouse/linkhouse/schedules"
)

const (
	// lockPoll is how often a run that waits looks again. Asking the server to wait instead would keep a transaction open there.
	lockPoll = time.Second
	// lostTries is how often in a row a private Postgres may be lost that belonged to the run that was waited for.
	lostTries = 3
)

// waitFlag is --wait, for as long as it takes, or --wait=10m.
type waitFlag struct {
	on   bool
	most time.Duration // 0: no end
}

// IsBool lets the flag stand alone.
func (w *waitFlag) IsBool() bool { return true }

// Decode reads what stands behind the equals sign, if anything does.
func (w *waitFlag) Decode(ctx *kong.DecodeContext) (err error) {
	w.on = true
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	word := ctx.Scan.Pop().String()
	if w.most, err = time.ParseDuration(word); err != nil || w.most <= 0 {
		return fmt.Errorf("%q is no time to wait; write one as 90s, 30m or 2h, or nothing to wait as long as it takes", word)
	}
	return nil
}

// waiting is the wait of one command for its turn.
type waiting struct {
	app     *app
	flag    waitFlag
	private bool // the Postgres, which ends with the command that started it
	begun   time.Time
	told    string
	lost    int
}

// tell says for whom the command waits, once for each.
func (w *waiting) tell(ctx context.Context, store *load.Store, plan schedules.Plan) {
	names := make([]string, len(plan.Resources))
	for i, r := range plan.Resources {
		names[i] = r.Name
	}
	const nobody = "another run of the same resources"
	whom := nobody
	if run, ok, err := store.Holder(ctx, names, load.Scope{Employer: plan.Employer, User: plan.User}); err == nil && ok {
		whom = fmt.Sprintf("run %d (%s; on %s since %s UTC)", run.ID, listedRun{run, true}.what(), run.Host, instant(run.Updated))
	}
	if whom == w.told || whom == nobody && w.told != "" { // a run that is gone has no name any more, for as long as it keeps its locks
		return
	}
	w.told = whom
	_, _ = fmt.Fprintf(w.app.stderr, "linkhouse: waiting for %s to end\n", whom)
}

// again waits a moment after an attempt, and reports whether to make another. begun tells that the attempt got its turn.
func (w *waiting) again(ctx context.Context, err error, begun bool) (again bool, ended error) {
	locked := errors.Is(err, load.ErrLocked)
	switch {
	case !w.flag.on, err == nil:
		return false, err
	case ctx.Err() != nil && w.told != "" && !begun:
		return false, w.calledOff(ctx)
	case locked:
		w.lost = 0
		if w.flag.most > 0 && time.Since(w.begun) >= w.flag.most {
			return false, err
		}
	case w.told != "" && w.private && exitCode(err) == exitStore && w.lost < lostTries:
		w.lost++ // it went with the run that was waited for; the next attempt starts it anew
	default:
		return false, err
	}
	select {
	case <-time.After(lockPoll):
		return true, nil
	case <-ctx.Done():
		return false, w.calledOff(ctx)
	}
}

func (w *waiting) calledOff(ctx context.Context) error {
	return &failure{code: exitInterrupted, err: ctx.Err(), hint: "it was still waiting; nothing was read"}
}

// takesTurns makes attempts until one gets its locks, or the wait is over. What is opened for an attempt is closed before the
// next: a private Postgres that another command has running is gone when that command is. There is a report only of a turn.
func (w *waiting) takesTurns(ctx context.Context, report **schedules.Report, attempt func() error) error {
	for {
		err := attempt()
		begun := *report != nil && len((*report).Walks) > 0
		again, ended := w.again(ctx, err, begun)
		if again || w.flag.on && !begun && exitCode(ended) == exitInterrupted {
			*report = nil
		}
		if !again {
			return ended
		}
	}
}
