package extract

import (
	"errors"
	"net/http"
	"time"
)

// limitLayer lets a request through when it is its turn, and tells the limiter how it went.
type limitLayer struct {
	next    http.RoundTripper
	limiter *limiter
	refusal *refusal
}

func (l *limitLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := l.limiter.acquire(req.Context(), l.refusal); err != nil {
		return nil, err
	}
	sent := time.Now()
	resp, err := l.next.RoundTrip(req)
	e, _ := errors.AsType[*Error](err)
	l.limiter.release(sent, e)
	return resp, err
}
