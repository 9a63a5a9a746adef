package schedules

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/linkhouse/linkhouse/load"
)

// yieldedShare is what a run that yields takes of the requests while other work is under way.
const yieldedShare = 0.25

// yielding does what a run does, and leaves most of the requests to other work for as long as there is any. Each process has a
// limiter of its own and the API one limit for both.
func (r *run) yielding(ctx context.Context, do func() error) error {
	if r.plan.YieldEvery <= 0 {
		return do()
	}
	defer r.API.SetShare(1)
	y := &yield{run: r}
	y.look(ctx)
	watching, done := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error {
		y.watch(watching)
		return nil
	})
	err := do()
	done()
	_ = group.Wait() // it has no error to give
	return err
}

type yield struct {
	*run
	now, told bool
}

func (y *yield) watch(ctx context.Context) {
	ticker := time.NewTicker(y.plan.YieldEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			y.look(ctx)
		}
	}
}

// look changes the share when other work has begun or ended. When the warehouse does not say, it stays as it is.
func (y *yield) look(ctx context.Context) {
	other, busy, err := y.other(ctx)
	if err != nil || busy == y.now {
		return
	}
	y.now = busy
	if !busy {
		y.API.SetShare(1)
		return
	}
	y.API.SetShare(yieldedShare)
	if !y.told {
		y.log.InfoContext(ctx, "another run is under way and gets most of the requests", "other", other.ID, "share", yieldedShare)
		y.told = true
	}
}

// other is a run under way that is not of this kind: two backfills that yielded to each other would both crawl.
func (y *yield) other(ctx context.Context) (other load.RunRow, busy bool, err error) {
	running, err := y.Store.Working(ctx)
	for _, run := range running {
		kind, _, _ := strings.Cut(run.Job, " ")
		if run.ID == y.held.ID || kind == y.plan.Job {
			continue
		}
		if busy, err = y.Store.Alive(ctx, run); busy || err != nil {
			return run, busy, err
		}
	}
	return load.RunRow{}, false, err
}
