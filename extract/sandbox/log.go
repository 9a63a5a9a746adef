package sandbox

import (
	"net/http"
	"sort"
	"sync"
	"time"
)

// RequestCount is how often a route was asked.
type RequestCount struct {
	Method, Route string
	Count         int64
	WithKeys      int64 // how many carried an API header; there must be none on the document host
}

// Served is one request that was answered.
type Served struct {
	At     time.Time
	Method string
	Route  string
	URI    string
	Status int       // 0 when the connection was given up
	Fault  FaultKind // "" when nothing went wrong
	Until  time.Time // a fault's Retry-After as a time; zero when there was none that can be read
	Day    int
}

// journal remembers requests: all as counts, the last ones whole.
type journal struct {
	mu     sync.Mutex
	counts map[[2]string]*RequestCount
	last   []Served
	next   int
	size   int
}

func (l *journal) add(v Served, h http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counts[[2]string{v.Method, v.Route}]
	if c == nil {
		c = &RequestCount{Method: v.Method, Route: v.Route}
		l.counts[[2]string{v.Method, v.Route}] = c
	}
	c.Count++
	if h.Get("x-api-key") != "" || h.Get("x-api-secret") != "" || h.Get("Authorization") != "" {
		c.WithKeys++
	}
	switch {
	case l.size == 0:
	case len(l.last) < l.size:
		l.last = append(l.last, v)
	default:
		l.last[l.next] = v
		l.next = (l.next + 1) % l.size
	}
}

// Requests counts all requests so far, by route and method.
func (s *Server) Requests() []RequestCount {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	all := make([]RequestCount, 0, len(s.journal.counts))
	for _, c := range s.journal.counts {
		all = append(all, *c)
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].Route < all[j].Route || all[i].Route == all[j].Route && all[i].Method < all[j].Method
	})
	return all
}

// Served gives the last requests, oldest first: Config.LogSize of them at most.
func (s *Server) Served() []Served {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return append(append([]Served{}, s.journal.last[s.journal.next:]...), s.journal.last[:s.journal.next]...)
}

// ResetLog forgets all requests.
func (s *Server) ResetLog() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.counts, s.journal.last, s.journal.next = map[[2]string]*RequestCount{}, nil, 0
}
