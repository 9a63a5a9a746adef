package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the API and its document host.
type Server struct {
	world   *world
	day     atomic.Int64
	minted  atomic.Uint64 // links and other things that must differ
	buffers sync.Pool     // of *[]byte
	faults  faults
	journal journal

	done  chan struct{} // closed by Close
	close sync.Once
	mu    sync.Mutex
	http  *http.Server  // under mu
	ended chan struct{} // closed when http has stopped serving
}

// New makes a world. It fails when there is more of it than ids can number.
func New(c Config) (*Server, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	w := newWorld(c)
	s := &Server{world: w, done: make(chan struct{})}
	s.faults.rng = rng(mix(w.seed, 0xfa))
	s.journal.counts, s.journal.size = map[[2]string]*RequestCount{}, c.LogSize
	return s, nil
}

// Start listens on a free port of 127.0.0.1 and returns the base URL.
func (s *Server) Start() (string, error) { return s.StartAt("127.0.0.1:0") }

// StartAt listens on an address, at most once for each server, and returns the base URL.
func (s *Server) StartAt(addr string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return "", errors.New("start sandbox: already started")
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("start sandbox: %w", err)
	}
	var handler http.Handler = s
	if s.world.Control {
		handler = s.Control()
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.world.Logger.Handler(), slog.LevelDebug),
	}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.world.Logger.Error("sandbox stopped serving", "err", err)
		}
	}()
	return "http://" + l.Addr().String(), nil
}

// Close ends all requests, also the hanging ones, and the listener.
func (s *Server) Close() error {
	s.close.Do(func() { close(s.done) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.ended
	return err
}

// Day is the number of days the world has lived through.
func (s *Server) Day() int { return int(s.day.Load()) }

// AdvanceDay makes it the next day: a few percent of the objects change, some appear, some vanish, some return. The world
// stands still after 480 days.
func (s *Server) AdvanceDay() {
	for {
		d := s.day.Load()
		if d >= maxDays || s.day.CompareAndSwap(d, d+1) {
			return
		}
	}
}

// UserIdentifiers are the PayLink users that exist, odd ones included.
func (s *Server) UserIdentifiers() []string {
	all := make([]string, s.world.Users)
	for u := range all {
		all[u] = s.world.identifier(u)
	}
	return all
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := &ask{Request: r, day: s.Day()}
	a.route, a.args = route(r.URL.EscapedPath())
	a.fault = s.faults.pick(a)
	v := Served{At: time.Now(), Method: r.Method, Route: a.route, URI: r.URL.RequestURI(), Day: a.day}
	if a.fault != nil {
		v.Fault, v.Until = a.fault.Kind, a.fault.notBefore(v.At)
	}
	if s.world.Latency > 0 {
		s.wait(r.Context(), s.world.Latency)
	}
	switch {
	case a.fault.is(Slow):
		s.wait(r.Context(), a.fault.Delay)
	case a.fault.is(Hang):
		s.journal.add(v, r.Header)
		s.hang(r.Context())
		panic(http.ErrAbortHandler)
	}
	re, done := a.fault.before()
	if !done {
		re = s.answer(a)
	}
	v.Status = re.status
	s.journal.add(v, r.Header)
	s.world.Logger.Debug("request", "method", r.Method, "route", a.route, "status", re.status, "fault", v.Fault)
	s.send(w, a, &re)
	s.release(&re)
}

// hang waits until the client or the server goes away.
func (s *Server) hang(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-s.done:
	}
}
