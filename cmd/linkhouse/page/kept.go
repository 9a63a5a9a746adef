package page

import (
	"context"
	"sync"
	"time"
)

// retryAfter is how long a part that could not be read is left alone.
const retryAfter = time.Second

// kept is a part of what is shown: read when somebody asks and it is older than good, by one reader for all who ask.
type kept[T any] struct {
	page *Page
	good time.Duration
	read func(context.Context) (T, error)

	mu    sync.Mutex
	value T
	at    time.Time     // of value; zero: there is none yet
	tried time.Time     // the last attempt
	err   error         // of it
	busy  chan struct{} // closed when the attempt under way is over; nil: none is
	stale bool          // something has changed since the value was asked for
}

// part is a kept value as one answer shows it.
type part[T any] struct {
	Value T
	// Missing says that there is no value yet; Since, when set, that it could not be brought up to date since then.
	Missing bool
	Since   time.Time
}

// refresh begins an attempt if one is wanted, and does not wait for it.
func (k *kept[T]) refresh() {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.page.Now()
	if k.busy != nil || now.Sub(k.at) < k.good && !k.stale || k.err != nil && now.Sub(k.tried) < retryAfter || k.page.ctx.Err() != nil {
		return
	}
	done := make(chan struct{})
	k.busy, k.stale = done, false
	k.page.busy.Go(func() {
		var value T
		err := k.page.ask(func(ctx context.Context) (err error) {
			value, err = k.read(ctx)
			return err
		})
		k.mu.Lock()
		defer k.mu.Unlock()
		if err != nil && k.err == nil {
			k.page.log("a part of the page could not be read", err)
		}
		k.tried, k.err, k.busy = now, err, nil
		if err == nil {
			k.value, k.at = value, now // of the question: what has changed since is asked for anew
		}
		close(done)
	})
}

// get is the value as it is when the attempt under way is over, or when ctx ends.
func (k *kept[T]) get(ctx context.Context) part[T] {
	k.refresh()
	k.mu.Lock()
	busy := k.busy
	k.mu.Unlock()
	if busy != nil {
		select {
		case <-busy:
		case <-ctx.Done():
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	shown := part[T]{Value: k.value, Missing: k.at.IsZero()}
	if !shown.Missing && k.page.Now().Sub(k.at) > 2*k.good+retryAfter {
		shown.Since = k.at
	}
	return shown
}

// ask reads when there is a place among the readers.
func (p *Page) ask(read func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(p.ctx, readWithin)
	defer cancel()
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
		return read(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forget makes the value out of date, and keeps it until there is another. One that is being read may be out of date already.
func (k *kept[T]) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stale = true
}
