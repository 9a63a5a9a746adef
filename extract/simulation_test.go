package extract_test

import (
	"net/http"
	"sync"
	"time"
)

// simulation is an API in the time of a synctest bubble: every answer takes a tenth of a second.
type simulation struct {
	mu             sync.Mutex
	start          time.Time
	sent           []time.Duration // when each request came
	inFlight, most int
	answer         func(n int, at time.Duration) *http.Response // n from 0; nil is a good answer
}

const latency = 100 * time.Millisecond

func (s *simulation) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	if s.start.IsZero() {
		s.start = time.Now()
	}
	n, at := len(s.sent), time.Since(s.start)
	s.sent = append(s.sent, at)
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}()
	var resp *http.Response
	if s.answer != nil {
		resp = s.answer(n, at)
	}
	select {
	case <-time.After(latency):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if resp == nil {
		resp = response(200, "{}")
	}
	return resp, nil
}
