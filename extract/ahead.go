package extract

import (
	"context"
	"iter"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Ahead answers every item of every page by do and yields the pages in order, each once all of its items are answered, in
// their order. At most inFlight items are being answered at a time, across the borders of pages; a page that is being read
// counts as one of them. It is read in time: as soon as few enough items are unanswered that they could run out before it is
// there, if at most pagesAhead pages, finished or not, stand between it and the one that the consumer has. So what is held in
// memory does not depend on how many pages there are, and what is lost with the process is pagesAhead+2 pages at most, the
// consumer's included.
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
		a := &ahead[A, B]{ctx: ctx, do: do, inFlight: max(1, inFlight), pagesAhead: max(0, pagesAhead), reading: true, busy: 1}
		a.changed.L = &a.mu
		wake := context.AfterFunc(ctx, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.begin()
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
	open       []*openPage[A, B] // in order, not yet taken by the consumer
	unanswered int               // items of open pages
	busy       int               // items that are being answered, and one more while a page is being read
	reading    bool              // the reader has its turn
	waiting    bool              // the reader waits for it
	failed     bool              // a page failed: nothing after it is wanted
	ended      bool              // the reader stopped
	err        error             // why, if it was not at the end of the list
}

// openPage is a page whose items are being answered.
type openPage[A, B any] struct {
	page   Page[B]
	items  []A // those that are not begun
	left   int
	err    error // of the first item that failed
	ctx    context.Context
	cancel context.CancelFunc
}

// begun is an item that is being answered, and its place.
type begun[A, B any] struct {
	open *openPage[A, B]
	i    int
	item A
}

// read is the goroutine that reads pages.
func (a *ahead[A, B]) read(pages iter.Seq2[Page[A], error]) {
	for page, err := range pages {
		if err != nil {
			a.end(err)
			return
		}
		a.opened(page)
		if !a.turn() {
			a.end(a.ctx.Err())
			return
		}
	}
	a.end(nil)
}

// opened puts a page in line, and the reader in the one for the next.
func (a *ahead[A, B]) opened(page Page[A]) {
	a.mu.Lock()
	defer a.mu.Unlock()
	open := &openPage[A, B]{
		page:  Page[B]{Number: page.Number, Cursor: page.Cursor, Next: page.Next, Items: make([]B, len(page.Items))},
		items: page.Items, left: len(page.Items),
	}
	open.ctx, open.cancel = context.WithCancel(a.ctx)
	a.open = append(a.open, open)
	a.unanswered += open.left
	if open.left == 0 {
		open.cancel()
		a.changed.Broadcast()
	}
	a.reading, a.waiting = false, true
	a.busy--
	a.begin()
}

// turn waits until the next page may be read. It is false when no further page is wanted.
func (a *ahead[A, B]) turn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.failed && a.ctx.Err() == nil && !a.reading {
		a.changed.Wait()
	}
	return !a.failed && a.ctx.Err() == nil
}

// begin begins as much as may be under way: the next page first when it is due, because much will wait for it, then items.
func (a *ahead[A, B]) begin() {
	for {
		next, ok := a.take()
		if !ok {
			return
		}
		a.items.Go(func() error { a.answer(next); return nil })
	}
}

// take takes the next item that may be under way out of its page, once the next page has had its turn.
func (a *ahead[A, B]) take() (next begun[A, B], ok bool) {
	if err := a.ctx.Err(); err != nil {
		a.interrupted(err)
		return next, false
	}
	for a.busy < a.inFlight {
		if a.due() {
			a.reading, a.waiting = true, false
			a.busy++
			a.changed.Broadcast()
			continue
		}
		open := a.unbegun()
		if open == nil {
			break
		}
		next = begun[A, B]{open: open, i: len(open.page.Items) - len(open.items), item: open.items[0]}
		open.items = open.items[1:]
		a.busy++
		return next, true
	}
	return next, false
}

// answer answers an item, and then the next ones for as long as one may follow: a goroutine of its own for each would have to
// grow its stack anew each time.
func (a *ahead[A, B]) answer(item begun[A, B]) {
	for more := true; more; {
		b, err := a.do(item.open.ctx, item.item)
		item, more = a.answered(item, b, err)
	}
}

// due tells whether the next page is to be read now. When an answer frees one place, the others are in flight. Where answers
// take about the same time they come in rounds of inFlight, so that a list which is to be back before the items run out has
// to go with the last round that is full: with a round in flight and up to two behind it.
func (a *ahead[A, B]) due() bool {
	return a.waiting && !a.failed && a.unanswered <= 3*(a.inFlight-1) && len(a.open) <= a.pagesAhead
}

// unbegun gives the first page that has an item to begin.
func (a *ahead[A, B]) unbegun() *openPage[A, B] {
	for _, open := range a.open {
		if open.err != nil {
			return nil // nothing after it is wanted
		}
		if len(open.items) > 0 {
			return open
		}
	}
	return nil
}

// interrupted marks the pages that will not be whole, because nothing is begun any more.
func (a *ahead[A, B]) interrupted(err error) {
	for _, open := range a.open {
		if len(open.items) > 0 && open.err == nil {
			open.err, a.failed = err, true
		}
	}
	a.changed.Broadcast()
}

// answered takes the answer of one item, and gives the next one for the same goroutine.
func (a *ahead[A, B]) answered(item begun[A, B], b B, err error) (next begun[A, B], more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	open := item.open
	a.busy--
	if err != nil {
		a.fail(open, err)
	} else {
		open.page.Items[item.i] = b
		open.left--
		a.unanswered--
		if open.left == 0 {
			open.cancel()
			a.changed.Broadcast()
		}
	}
	if next, more = a.take(); more {
		a.begin()
	}
	return next, more
}

// fail marks a page as failed and cancels it and those after it. Those before it go on: they are still wanted.
func (a *ahead[A, B]) fail(failed *openPage[A, B], err error) {
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

// end records that no page follows, and why.
func (a *ahead[A, B]) end(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.err = true, err
	if a.reading {
		a.reading = false
		a.busy--
	}
	a.begin()
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
				a.begin() // the next page may be due
				return first.page, true, nil
			}
		} else if a.ended {
			return page, false, a.err
		}
		a.changed.Wait()
	}
}
