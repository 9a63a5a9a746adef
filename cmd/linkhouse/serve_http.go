package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// stale is how long ago the last look at the timetable may be before the process counts as stuck.
	stale = time.Minute
	// goodbye bounds how long answers under way are waited for at the end.
	goodbye = 5 * time.Second
)

// answer serves the page and what programs ask for until the context ends.
func (s *server) answer(ctx context.Context, socket net.Listener) error {
	web := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(socket) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if err := web.Shutdown(last); err != nil {
		_ = web.Close() // who still waits for an answer gets none
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// routes are what is served. Whether the process lives is nobody's secret; all else asks for the token, where there is one.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health.alive)
	mux.HandleFunc("GET /readyz", s.health.ready)
	mux.Handle("GET /metrics", s.guarded(s.metrics.Handler()))
	s.page.Register(mux, s.guarded)
	return mux
}

// guarded lets only those through who know the token: as a bearer, as programs do, or as a password, as browsers ask for it.
func (s *server) guarded(next http.Handler) http.Handler {
	if !s.config.Server.Token.IsSet() {
		return next
	}
	want := sha256.Sum256([]byte(s.config.Server.Token.Reveal()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			_, given, _ = r.BasicAuth()
		}
		// Hashes have one length, so that the time it takes to compare tells nothing.
		if got := sha256.Sum256([]byte(given)); subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="linkhouse: any name, and server.token as the password"`)
			http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// health is how the last look at the timetable went: what this process lives for.
type health struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// looked notes a look, and reports whether its result is another than that of the look before.
func (h *health) looked(at time.Time, err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed = (err == nil) != (h.err == nil)
	h.at, h.err = at, err
	return changed
}

// last is when the last look was, and how it went.
func (h *health) last() (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at, h.err
}

// alive answers whether the process should be left alone: it looks at the timetable, whatever it finds there.
func (h *health) alive(w http.ResponseWriter, _ *http.Request) {
	if at, _ := h.last(); !at.IsZero() && time.Since(at) > stale {
		http.Error(w, "the timetable was last looked at "+span(time.Since(at))+" ago", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// ready answers whether it can do its work now: the warehouse answers.
func (h *health) ready(w http.ResponseWriter, _ *http.Request) {
	at, err := h.last()
	switch {
	case at.IsZero():
		http.Error(w, "starting", http.StatusServiceUnavailable)
	case err != nil:
		http.Error(w, "the warehouse does not answer", http.StatusServiceUnavailable)
	default:
		_, _ = w.Write([]byte("ok\n"))
	}
}
