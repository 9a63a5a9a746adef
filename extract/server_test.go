package extract_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkhouse/linkhouse/extract"
)

// api is a real server with a script: each request takes the next step of it, and those after its end take rest. A step
// that no request came for fails the test.
type api struct {
	*httptest.Server
	mu     sync.Mutex
	script []http.HandlerFunc
	rest   http.HandlerFunc
	seen   []*http.Request
}

func newAPI(t *testing.T, rest http.HandlerFunc, script ...http.HandlerFunc) *api {
	t.Helper()
	a := &api{script: script, rest: rest}
	a.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.Close()
		if len(a.script) > 0 {
			t.Errorf("%d scripted steps did not fire", len(a.script))
		}
	})
	return a
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	step := a.rest
	if len(a.script) > 0 {
		step, a.script = a.script[0], a.script[1:]
	}
	a.seen = append(a.seen, r)
	a.mu.Unlock()
	step(w, r)
}

func (a *api) requests() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

// client reads the api without waiting between attempts.
func (a *api) client(t *testing.T, change ...func(*extract.Config)) *extract.Client {
	t.Helper()
	cfg := extract.Config{
		BaseURL: a.URL, APIKey: "the-key", APISecret: "the-secret", MaxAttempts: 4,
		BackoffBase: time.Microsecond, BackoffMax: time.Microsecond,
	}
	for _, f := range change {
		f(&cfg)
	}
	return newClient(t, cfg)
}

func newClient(t *testing.T, cfg extract.Config) *extract.Client {
	t.Helper()
	c, err := extract.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func throttled(after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// cut announces more than it sends.
func cut(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)+10))
		_, _ = io.WriteString(w, body)
	}
}

// reset sends part of an answer and breaks the connection.
func reset(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"data":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// hang answers when the client has given up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

var ok = answer(200, `{"data":{"_id":"1"}}`)

// transport is a base transport for tests whose time is not real.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func response(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// simulated is a client over such a transport.
func simulated(t *testing.T, f transport, change ...func(*extract.Config)) *extract.Client {
	t.Helper()
	cfg := extract.Config{BaseURL: "https://api.example.com", APIKey: "k", APISecret: "s", Transport: f}
	for _, f := range change {
		f(&cfg)
	}
	return newClient(t, cfg)
}

var employers = extract.Request{Template: "/employers"}

// flow sends n requests at once and gives how many failed.
func flow(ctx context.Context, c *extract.Client, n int) int {
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range n {
		wg.Go(func() {
			if _, err := c.Get(ctx, employers); err != nil {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	return int(failed.Load())
}
