package extract

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How the limiter adapts.
const (
	shrinkFactor  = 2   // a 429 halves what may be in flight and the rate
	growRounds    = 4   // so many rounds of good answers let one more be in flight: faster overshoots a limit per second
	rateFloor     = 16  // the rate never falls below this fraction of what is configured
	rateRecovery  = 100 // a good answer gives back this fraction of the configured rate
	burstDuration = 20 * time.Millisecond
)

// limiter is the one gate of all requests of a client. A request passes when a slot is free, no pause is on and the rate
// has a token for it, all three at that moment; until then it waits its turn, in order, and holds none of them.
//
// What may be in flight grows by one per few rounds of good answers and halves on a 429 (AIMD), between 1 and the configured
// concurrency. A rate, where one is configured, does the same below its ceiling. When a single request in flight is still
// too much and the API does not say how long to wait, the limiter pauses by itself, longer each time.
type limiter struct {
	mu       sync.Mutex
	most     float64 // the configured concurrency
	limit    float64 // its whole part may be in flight
	inFlight int
	waiting  []*waiter
	until    time.Time // nothing is sent before
	proven   bool      // an answer came that did not refuse the credentials
	attempts int       // so many without any answer, before the first one, and nobody is there
	silent   int       // attempts without an answer in a row, before the first one
	deaf     time.Time // nothing is sent before: nobody was there
	shrunk   time.Time // of the last 429 that counted
	strikes  int       // 429s in a row at the lowest limit
	backoff  backoff
	left     float64       // of limit and ceiling to others; see SetShare
	rate     *rate.Limiter // nil: none
	ceiling  rate.Limit
	wake     *time.Timer // for the pause or the token the first in line waits for
}

// waiter is a request in line. ready is closed when it may be sent, or when nobody is there to send it to.
type waiter struct {
	ready  chan struct{}
	nobody bool
}

func newLimiter(cfg Config) *limiter {
	l := &limiter{
		most: float64(cfg.Concurrency), limit: float64(cfg.Concurrency), attempts: cfg.MaxAttempts,
		backoff: backoff{cfg.BackoffBase, cfg.BackoffMax},
	}
	if cfg.RequestsPerSecond > 0 {
		// Evenly spaced below 50 a second. Above, timers are too coarse for single requests: a few may go at once, and are
		// taken off the rate, so that no second sees more than what is configured.
		more := int(cfg.RequestsPerSecond * burstDuration.Seconds())
		l.ceiling = rate.Limit(cfg.RequestsPerSecond - float64(more))
		l.rate = rate.NewLimiter(l.ceiling, 1+more)
	}
	return l
}

// acquire waits for the turn. It gives up when ctx ends or the credentials are refused.
func (l *limiter) acquire(ctx context.Context, ref *refusal) error {
	l.mu.Lock()
	now := time.Now()
	if !l.proven && now.Before(l.deaf) {
		l.mu.Unlock()
		return nobodyThere()
	}
	if len(l.waiting) == 0 && l.inFlight < l.allowed() && ctx.Err() == nil && l.wait(now) == 0 { // there is no line
		l.inFlight++
		l.mu.Unlock()
		return nil
	}
	w := &waiter{ready: make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.grant()
	l.mu.Unlock()
	for {
		var err error
		select {
		case <-w.ready:
		case <-ctx.Done():
			err = ended(ctx)
		case <-ref.closed():
			err = ref.last()
		}
		if err == nil && ctx.Err() != nil { // both were ready, and nobody wants the answer
			err = ended(ctx)
		}
		l.mu.Lock()
		if w.nobody {
			l.mu.Unlock()
			return nobodyThere()
		}
		if err != nil {
			l.leave(w)
			l.mu.Unlock()
			return err
		}
		if !time.Now().Before(l.until) {
			l.mu.Unlock()
			return nil
		}
		// A pause began between the grant and now: back to the head of the line.
		w.ready = make(chan struct{})
		l.inFlight--
		l.waiting = slices.Insert(l.waiting, 0, w)
		l.grant()
		l.mu.Unlock()
	}
}

// leave takes a waiter out of the line, or gives back the slot that it was granted meanwhile.
func (l *limiter) leave(w *waiter) {
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else {
		l.inFlight--
	}
	l.grant()
}

// grant lets the first in line pass, as many as may. When only time keeps them back it sets the alarm for it.
func (l *limiter) grant() {
	for len(l.waiting) > 0 && l.inFlight < l.allowed() {
		if wait := l.wait(time.Now()); wait > 0 {
			if l.wake == nil {
				l.wake = time.AfterFunc(wait, func() {
					l.mu.Lock()
					defer l.mu.Unlock()
					l.grant()
				})
			}
			l.wake.Reset(wait)
			return
		}
		w := l.waiting[0]
		l.waiting[0], l.waiting = nil, l.waiting[1:] // nobody is moved up, however long the line
		l.inFlight++
		close(w.ready)
	}
}

// allowed is how many may be in flight. The first request goes alone until it is answered: wrong credentials cost one
// request, and an API that is down is not met by a crowd.
func (l *limiter) allowed() int {
	if !l.proven {
		return 1
	}
	return l.shared()
}

// wait is how long the next request must wait. When it need not, its token is taken.
func (l *limiter) wait(now time.Time) time.Duration {
	if now.Before(l.until) {
		return l.until.Sub(now)
	}
	if l.rate == nil || l.rate.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.rate.TokensAt(now)
	return time.Duration(math.Ceil(missing/float64(l.rate.Limit())*float64(time.Second))) + time.Microsecond
}

// release gives the slot back and learns from the answer: e is nil for a good one.
func (l *limiter) release(sent time.Time, e *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settle(sent, e)
}

func (l *limiter) settle(sent time.Time, e *Error) {
	l.inFlight--
	now := time.Now()
	l.proven = l.proven || e == nil || e.Status != 0 && e.Class != ClassRefused
	if !l.proven && e != nil && e.Class == ClassUnavailable {
		l.unanswered(now)
	}
	switch {
	case e == nil:
		l.grow()
	case e.Class == ClassThrottled:
		l.shrink(sent, now, e.retryAfter)
	}
	if e != nil && e.retryAfter > 0 {
		l.pause(now.Add(e.retryAfter))
	}
	l.grant()
}

// unanswered counts attempts that nothing came of, before anything ever was answered. They are made one after the other, so
// each request would find out anew, and slowly, what the first has found: after as many as one request is given, all that are in
// line fail, and so do those that come before the longest backoff is over.
func (l *limiter) unanswered(now time.Time) {
	if l.silent++; l.silent < l.attempts {
		return
	}
	l.silent, l.deaf = 0, now.Add(l.backoff.longest)
	for _, w := range l.waiting {
		w.nobody = true
		close(w.ready)
	}
	l.waiting = nil
}

func nobodyThere() error { return &Error{Class: ClassUnavailable, Err: errNobody, final: true} }

func (l *limiter) grow() {
	l.strikes = 0
	l.limit = min(l.most, l.limit+1/(growRounds*math.Floor(l.limit)))
	if l.rate != nil && l.rate.Limit() < l.ceiling {
		l.rate.SetLimit(min(l.ceiling, l.rate.Limit()+l.ceiling/rateRecovery))
	}
}

// shrink answers a 429. Requests that were sent before the last shrinking tell nothing new: a full house of 429s is one.
func (l *limiter) shrink(sent, now time.Time, asked time.Duration) {
	if sent.Before(l.shrunk) {
		return
	}
	l.shrunk = now
	if asked == 0 && l.limit < shrinkFactor {
		l.strikes++
		l.pause(now.Add(l.backoff.after(l.strikes)))
	}
	l.limit = max(1, l.limit/shrinkFactor)
	if l.rate != nil {
		l.rate.SetLimit(max(l.ceiling/rateFloor, l.rate.Limit()/shrinkFactor))
	}
}

// pause keeps everyone from sending until then. A pause that is on is never shortened.
func (l *limiter) pause(until time.Time) {
	if until.After(l.until) {
		l.until = until
	}
}

func (l *limiter) stats() LimiterStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := LimiterStats{Limit: l.shared(), InFlight: l.inFlight, Waiting: len(l.waiting), Pause: max(0, time.Until(l.until))}
	if l.rate != nil {
		s.RequestsPerSecond = float64(l.rate.Limit())
	}
	return s
}
