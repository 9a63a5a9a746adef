package extract

import (
	"context"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Ahead answers every item of every page by do and yields the pages in order, each once all of its items are answered, in
// their order. At most inFlight items are being answered at a time, across the borders of pages. The next page is read
// only while fewer than inFlight items are unanswered and at most pagesAhead pages, finished or not, stand between it and the
// one that the consumer has: what is held in memory does not depend on how many pages there are, and what is lost with the
// process is pagesAhead+2 pages at most, the consumer's included.
//
// An error of do ends the walk: it is yielded after the pages before it, in place of its own. So is an error of pages.
// When ctx ends before pages did, its error is yielded: an interrupted walk never looks like one that came to its end.
//
// Leaving the loop cancels the contexts that do was given and waits until everything has returned, a page that is being
// read included. That reading does not know of it, because pages was made before; where it may take long use AheadOf.
func Ahead[A, B any](ctx context.Context, pages iter.Seq2[Page[A], error], inFlight, pagesAhead int,
	do func(context.Context, A) (B, error)) iter.Seq2[Page[B], error] {
	return AheadOf(ctx, func(context.Context) iter.Seq2[Page[A], error] { return pages }, inFlight, pagesAhead, do)
}

// AheadOf is Ahead for pages that are opened with a context of their own, which ends when the loop is left.
func AheadOf[A, B any](ctx context.Context, open func(context.Context) iter.Seq2[Page[A], error], inFlight, pagesAhead int,
	do func(context.Context, A) (B, error)) iter.Seq2[Page[B], error] {
	return func(yield func(Page[B], error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		a := &ahead[A, B]{ctx: ctx, do: do, inFlight: max(1, inFlight), pagesAhead: max(0, pagesAhead)}
		a.changed.L = &a.mu
		a.items.SetLimit(a.inFlight)
		wake := context.AfterFunc(ctx, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.changed.Broadcast()
		})
		// The reader must be gone before its items are waited for: until then it starts more of them.
		defer func() {
			cancel()
			wake()
			_ = a.reader.Wait()
			_ = a.items.Wait()
		}()
		a.reader.Go(func() error { a.read(open(ctx)); return nil })
		for {
			page, more, err := a.next()
			if err != nil {
				yield(page, err)
				return
			}
			if !more || !yield(page, nil) {
				return
			}
		}
	}
}

// ahead is one walk that is read ahead.
type ahead[A, B any] struct {
	ctx                  context.Context // ends with the loop
	do                   func(context.Context, A) (B, error)
	inFlight, pagesAhead int
	reader, items        errgroup.Group

	mu         sync.Mutex
	changed    sync.Cond
	open       []*openPage[B] // in order, not yet taken by the consumer
	unanswered int            // items of open pages
	failed     bool           // a page failed: nothing after it is wanted
	ended      bool           // the reader stopped
	err        error          // why, if it was not at the end of the list
}

// openPage is a page whose items are being answered.
type openPage[B any] struct {
	page   Page[B]
	left   int
	err    error // of the first item that failed
	ctx    context.Context
	cancel context.CancelFunc
}

// read is the goroutine that reads pages and hands out their items.
func (a *ahead[A, B]) read(pages iter.Seq2[Page[A], error]) {
	for page, err := range pages {
		if err != nil {
			a.end(err)
			return
		}
		open := a.opened(page)
		for i, item := range page.Items {
			if err := open.ctx.Err(); err != nil {
				a.fail(open, err)
				break
			}
			a.items.Go(func() error {
				b, err := a.do(open.ctx, item)
				a.answered(open, i, b, err)
				return nil
			})
		}
		if !a.room() {
			a.end(a.ctx.Err())
			return
		}
	}
	a.end(nil)
}

// opened puts a page in line.
func (a *ahead[A, B]) opened(page Page[A]) *openPage[B] {
	a.mu.Lock()
	defer a.mu.Unlock()
	open := &openPage[B]{
		page: Page[B]{Number: page.Number, Cursor: page.Cursor, Next: page.Next, Items: make([]B, len(page.Items))},
		left: len(page.Items),
	}
	open.ctx, open.cancel = context.WithCancel(a.ctx)
	a.open = append(a.open, open)
	a.unanswered += open.left
	if open.left == 0 {
		open.cancel()
		a.changed.Broadcast()
	}
	return open
}

// answered takes the answer of one item.
func (a *ahead[A, B]) answered(open *openPage[B], i int, b B, err error) {
	if err != nil {
		a.fail(open, err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	open.page.Items[i] = b
	open.left--
	a.unanswered--
	if open.left == 0 {
		open.cancel()
	}
	a.changed.Broadcast()
}

// fail marks a page as failed and cancels it and those after it. Those before it go on: they are still wanted.
func (a *ahead[A, B]) fail(failed *openPage[B], err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if failed.err == nil {
		failed.err = err
	}
	a.failed = true
	after := false
	for _, open := range a.open {
		if after = after || open == failed; after {
			open.cancel()
		}
	}
	a.changed.Broadcast()
}

// room waits until the next page may be read. It is false when no further page is wanted.
func (a *ahead[A, B]) room() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.failed && a.ctx.Err() == nil && (a.unanswered >= a.inFlight || len(a.open) > a.pagesAhead) {
		a.changed.Wait()
	}
	return !a.failed && a.ctx.Err() == nil
}

// end records that no page follows, and why.
func (a *ahead[A, B]) end(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.err = true, err
	a.changed.Broadcast()
}

// next waits for the first page in line. more is false at the end of the list and when there is an error.
func (a *ahead[A, B]) next() (page Page[B], more bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if len(a.open) > 0 {
			first := a.open[0]
			if first.err != nil {
				return page, false, first.err
			}
			if first.left == 0 {
				a.open[0] = nil
				a.open = a.open[1:]
				a.changed.Broadcast()
				return first.page, true, nil
			}
		} else if a.ended {
			return page, false, a.err
		}
		a.changed.Wait()
	}
}
