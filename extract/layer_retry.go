package extract

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"
)

// retryLayer sends a request again while its failure may pass. It does not judge: the answer layer set the class. A
// Retry-After is not slept here; the limiter keeps the whole client from sending until it is over.
type retryLayer struct {
	next     http.RoundTripper
	attempts int
	backoff  backoff
	refusal  *refusal
	log      *slog.Logger
}

func (l *retryLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	c, err := callOf(req)
	if err != nil {
		return nil, err
	}
	for failures := 1; ; failures++ {
		resp, err := l.next.RoundTrip(req)
		if err == nil {
			return resp, nil
		}
		var e *Error
		if !errors.As(err, &e) || !e.retryable() || failures >= l.attempts {
			return nil, err
		}
		wait := l.backoff.after(failures)
		l.log.LogAttrs(req.Context(), slog.LevelDebug, "api request will be retried",
			slog.String("template", c.template), slog.String("class", string(e.Class)), slog.Int("status", e.Status),
			slog.Int("attempt", failures), slog.Int64("wait_ms", max(wait, e.retryAfter).Milliseconds()))
		if err := l.sleep(req, wait); err != nil {
			return nil, err
		}
		c.count(func(n *Counts) { n.Retries.Add(1) })
	}
}

// sleep ends early when nobody waits for the answer any more or the credentials were refused.
func (l *retryLayer) sleep(req *http.Request, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.refusal.closed():
		return l.refusal.last()
	case <-req.Context().Done():
		return ended(req.Context())
	}
}

// backoff spreads retries: base, doubled with each failure up to longest, of which at least half is waited.
type backoff struct{ base, longest time.Duration }

func (b backoff) after(failures int) time.Duration {
	d := b.base
	for ; failures > 1 && d < b.longest; failures-- {
		d *= 2
	}
	d = min(d, b.longest)
	return d - rand.N(d/2+1)
}
