package extract

import (
	"errors"
	"net/http"
	"net/url"
	"sync"
)

// authLayer puts the credentials on a request, and is the last gate before it is sent: only GET, only to the API's own
// origin, and only while no answer has refused the credentials. The PayLink path that lists accounts also takes a POST
// that writes (T3), so the gate does not rely on callers.
type authLayer struct {
	next         http.RoundTripper
	scheme, host string
	// signature is a function so that no way of printing a client can reach the secret it holds. All requests share what it
	// gives, which nobody changes: a http.RoundTripper must not.
	signature func() http.Header
	refusal   *refusal
}

func newAuthLayer(next http.RoundTripper, origin *url.URL, cfg Config, ref *refusal) *authLayer {
	h := http.Header{}
	h.Set("x-api-key", cfg.APIKey)
	h.Set("x-api-secret", cfg.APISecret)
	h.Set("x-atomic-version", cfg.Version)
	h.Set("accept", "application/json")
	h.Set("user-agent", cfg.UserAgent)
	return &authLayer{
		next: next, scheme: origin.Scheme, host: origin.Host, refusal: ref, signature: func() http.Header { return h },
	}
}

func (l *authLayer) RoundTrip(req *http.Request) (*http.Response, error) {
	switch {
	case req.Method != http.MethodGet || req.Body != nil:
		return nil, &Error{Class: ClassInvalid, Err: errors.New("only GET without a body may be sent")}
	case req.URL.Scheme != l.scheme || req.URL.Host != l.host || req.Host != "" && req.Host != l.host:
		return nil, &Error{Class: ClassInvalid, Err: errors.New("request leaves the api's origin")}
	}
	if err := l.refusal.err(); err != nil {
		return nil, err
	}
	req.Header = l.signature() // the request is this call's own, and of each attempt only a copy is sent
	return l.next.RoundTrip(req)
}

// refusal is the latch that the first 401 or 403 closes. Waiting requests listen to it, so that they fail at once.
type refusal struct {
	mu      sync.Mutex
	shut    chan struct{}
	latched bool
	first   Error // what closed it last
}

func newRefusal() *refusal { return &refusal{shut: make(chan struct{})} }

// latch stops the client. Only the first call counts.
func (r *refusal) latch(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.latched {
		r.latched, r.first = true, Error{Class: ClassRefused, Status: status}
		close(r.shut)
	}
}

// reopen lets requests pass again.
func (r *refusal) reopen() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latched {
		r.latched, r.shut = false, make(chan struct{})
	}
}

// closed is closed as soon as the latch is. Whoever hears of it by this is told why by last.
func (r *refusal) closed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shut
}

// err is nil until the latch is closed. Each caller gets an error of its own to complete.
func (r *refusal) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.latched {
		return nil
	}
	e := r.first
	return &e
}

// last is what closed the latch, even if it was opened again since.
func (r *refusal) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.first
	return &e
}
