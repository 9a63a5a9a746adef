package extract

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Counts are what a part of the program asked of the API. The zero value is ready; see Client.Counting.
type Counts struct {
	Requests  atomic.Int64 // attempts really sent
	Retries   atomic.Int64 // attempts after a request's first
	Throttled atomic.Int64 // answers with status 429
	Bytes     atomic.Int64 // of bodies read, decompressed
}

// Stats is a client's state at one moment.
type Stats struct {
	Requests, Retries, Throttled, Bytes int64 // as in Counts, over the client's life
	Routes                              []RouteStats
	Limiter                             LimiterStats
}

// RouteStats counts the answers of one status that one template had. Status 0 stands for no answer. Stats lists them
// ordered by template and status.
type RouteStats struct {
	Template string
	Status   int
	Count    int64
}

// LimiterStats is what the limiter allows now.
type LimiterStats struct {
	Limit             int           // requests that may be in flight
	InFlight          int           // requests that are
	Waiting           int           // requests that wait for their turn
	RequestsPerSecond float64       // 0: no rate
	Pause             time.Duration // how long nothing is sent, because the API asked for it
}

// route is the key of one RouteStats.
type route struct {
	template string
	status   int
}

// ledger counts for the whole client.
type ledger struct {
	Counts
	mu     sync.Mutex
	routes map[route]int64
}

func (l *ledger) answered(template string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.routes == nil {
		l.routes = map[route]int64{}
	}
	l.routes[route{template, status}]++
}

func (l *ledger) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{
		Requests: l.Requests.Load(), Retries: l.Retries.Load(), Throttled: l.Throttled.Load(), Bytes: l.Bytes.Load(),
		Routes: make([]RouteStats, 0, len(l.routes)),
	}
	for key, count := range l.routes {
		s.Routes = append(s.Routes, RouteStats{key.template, key.status, count})
	}
	slices.SortFunc(s.Routes, func(a, b RouteStats) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Status, b.Status))
	})
	return s
}
