package extract_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkhouse/linkhouse/extract"
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
		s.mu.Lock()
		resp = s.answer(n, at)
		s.mu.Unlock()
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

func TestARetryWaitsItsBackoffAndHoldsNoSlotMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{answer: func(n int, _ time.Duration) *http.Response {
			if n == 0 {
				return response(503, "")
			}
			return nil
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) {
			c.Concurrency, c.BackoffBase, c.BackoffMax = 1, time.Minute, time.Minute
		})
		if failed := flow(t.Context(), client, 5); failed != 0 {
			t.Fatalf("%d failed", failed)
		}
		// The other four passed through the one slot while the first slept.
		if last := s.sent[4]; last != 4*latency {
			t.Errorf("the last of the others was sent at %v", last)
		}
		if again := s.sent[5]; again < 30*time.Second || again > time.Minute+latency {
			t.Errorf("the first was sent again at %v", again)
		}
	})
}

func TestARetryAfterKeepsTheWholeClientFromSending(t *testing.T) {
	for name, form := range map[string]func() string{
		"in seconds": func() string { return "90" },
		"as a date":  func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		for _, status := range []int{429, 503} {
			t.Run(name+strconv.Itoa(status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &simulation{answer: func(n int, _ time.Duration) *http.Response {
						if n == 0 {
							return response(status, "", "Retry-After", form())
						}
						return nil
					}}
					client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 2 })
					if failed := flow(t.Context(), client, 10); failed != 0 {
						t.Fatalf("%d failed", failed)
					}
					inside := 0
					for _, at := range s.sent {
						if at > latency && at < 89*time.Second {
							inside++
						}
					}
					// At the instant of the answer the other slot's next request may already be on its way.
					if inside != 0 || len(s.sent) != 11 {
						t.Errorf("%d of %d requests were sent in the pause: %v", inside, len(s.sent), s.sent)
					}
				})
			})
		}
	}
}

func TestAnAbsurdRetryAfterIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{answer: func(n int, _ time.Duration) *http.Response {
			if n == 0 {
				return response(429, "", "Retry-After", "31536000")
			}
			return nil
		}}
		if failed := flow(t.Context(), simulated(t, s.RoundTrip), 1); failed != 0 {
			t.Fatal("the request failed")
		}
		if got := s.sent[1]; got != 5*time.Minute+latency {
			t.Errorf("sent again at %v", got)
		}
	})
}

func TestEveryWaitEndsWithItsContext(t *testing.T) {
	for name, status := range map[string]*http.Response{
		"a backoff":        response(500, ""),
		"a pause":          response(429, "", "Retry-After", "200"),
		"a turn in line":   nil,
		"a token to spend": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &simulation{answer: func(int, time.Duration) *http.Response { return status }}
				client := simulated(t, s.RoundTrip, func(c *extract.Config) {
					c.Concurrency, c.BackoffBase, c.BackoffMax = 1, time.Hour, time.Hour
					if name == "a token to spend" {
						c.RequestsPerSecond = 0.001
					}
				})
				ctx, cancel := context.WithTimeout(t.Context(), latency+latency/2)
				defer cancel()
				start := time.Now()
				if failed := flow(ctx, client, 3); failed == 0 {
					t.Error("no request failed, so none waited")
				}
				if took := time.Since(start); took != latency+latency/2 {
					t.Errorf("the last one left after %v", took)
				}
				if got := client.Stats().Limiter; got.InFlight != 0 || got.Waiting != 0 {
					t.Errorf("left behind: %+v", got)
				}
			})
		})
	}
}

func TestARefusalEndsEveryWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{answer: func(n int, _ time.Duration) *http.Response {
			return []*http.Response{response(500, ""), response(401, "")}[n]
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) {
			c.Concurrency, c.BackoffBase, c.BackoffMax = 1, time.Hour, time.Hour
		})
		start := time.Now()
		if failed := flow(t.Context(), client, 10); failed != 10 {
			t.Errorf("%d failed", failed)
		}
		if took := time.Since(start); took != 2*latency || len(s.sent) != 2 {
			t.Errorf("%d requests, the last one left after %v", len(s.sent), took)
		}
	})
}

func TestNoMoreThanTheConcurrencyIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 7 })
		flow(t.Context(), client, 100)
		if s.most != 7 {
			t.Errorf("%d were in flight", s.most)
		}
	})
}

func TestThrottlingHalvesWhatIsInFlightAndGoodAnswersGiveItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		s := &simulation{answer: func(int, time.Duration) *http.Response {
			if throttle {
				return response(429, "", "Retry-After", "1")
			}
			return nil
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency, c.MaxAttempts = 16, 1 })
		limit := func() int { return client.Stats().Limiter.Limit }
		for _, want := range []int{8, 4, 2, 1, 1} { // a full house of 429s counts once
			flow(t.Context(), client, limit())
			if limit() != want {
				t.Fatalf("the limit is %d, want %d", limit(), want)
			}
		}
		throttle = false
		flow(t.Context(), client, 4)
		if limit() != 2 {
			t.Errorf("after a few good answers the limit is %d", limit())
		}
		flow(t.Context(), client, 600)
		if limit() != 16 || s.most != 16 {
			t.Errorf("after many good answers the limit is %d", limit())
		}
	})
}

func TestTheConfiguredRateIsKept(t *testing.T) {
	for _, perSecond := range []float64{0.5, 10, 40} {
		synctest.Test(t, func(t *testing.T) {
			s := &simulation{}
			client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.RequestsPerSecond = perSecond })
			flow(t.Context(), client, 81)
			gap := time.Duration(float64(time.Second) / perSecond)
			for i := 1; i < len(s.sent); i++ {
				if d := s.sent[i] - s.sent[i-1]; d < gap-10*time.Microsecond {
					t.Fatalf("at %v/s request %d came %v after the one before it", perSecond, i, d)
				}
			}
			if last := s.sent[80]; last > 80*gap+80*10*time.Microsecond {
				t.Errorf("at %v/s the last of 81 came at %v: slower than allowed", perSecond, last)
			}
		})
	}
}

func TestThrottlingHalvesTheRateDownToAFloorAndGoodAnswersGiveItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		s := &simulation{answer: func(int, time.Duration) *http.Response {
			if throttle {
				return response(429, "")
			}
			return nil
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.RequestsPerSecond, c.MaxAttempts = 32, 1 })
		for _, want := range []float64{16, 8, 4, 2, 2} {
			flow(t.Context(), client, 1)
			if got := client.Stats().Limiter.RequestsPerSecond; got != want {
				t.Fatalf("the rate is %v, want %v", got, want)
			}
		}
		throttle = false
		flow(t.Context(), client, 200)
		if got := client.Stats().Limiter.RequestsPerSecond; got != 32 {
			t.Errorf("after many good answers the rate is %v", got)
		}
	})
}

// The API allows 20 requests a second and says neither so nor how long to wait. Everything is answered in the end, and
// little is asked in vain.
func TestAnUnknownRateIsFoundByThrottlingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var window []time.Duration
		refused := 0
		s := &simulation{answer: func(_ int, at time.Duration) *http.Response {
			window = slices.DeleteFunc(window, func(d time.Duration) bool { return d <= at-time.Second })
			if len(window) >= 20 {
				refused++
				return response(429, "")
			}
			window = append(window, at)
			return nil
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 64 })
		const n = 2000
		if failed := flow(t.Context(), client, n); failed != 0 {
			t.Errorf("%d of %d failed", failed, n)
		}
		took := s.sent[len(s.sent)-1]
		if refused == 0 || refused > n/4 || took > 3*n/2/20*time.Second {
			t.Errorf("%d of %d were refused, and it took %v where %v would do", refused, len(s.sent), took, n/20*time.Second)
		}
	})
}

func TestOneAtATimeIsStillTooMuchForAnAPIThatSaysNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{answer: func(int, time.Duration) *http.Response { return response(429, "") }}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) {
			c.Concurrency, c.MaxAttempts, c.BackoffBase, c.BackoffMax = 1, 1, time.Second, 8*time.Second
		})
		for range 5 {
			if _, err := client.Get(t.Context(), employers); extract.ClassOf(err) != extract.ClassThrottled {
				t.Fatal(err)
			}
		}
		for i, least := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second} {
			if d := s.sent[i+1] - s.sent[i]; d < least {
				t.Errorf("after %d refusals in a row only %v passed", i+1, d)
			}
		}
	})
}

func TestTheTimeoutIsOfOneAttemptAndItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }
		client := simulated(t, never, func(c *extract.Config) {
			c.Timeout, c.MaxAttempts, c.BackoffBase, c.BackoffMax = 10*time.Second, 3, 1, 1
		})
		start := time.Now()
		_, err := client.Get(t.Context(), employers)
		var e *extract.Error
		if !errors.As(err, &e) || e.Class != extract.ClassUnavailable || e.Attempts != 3 || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if took := time.Since(start).Round(time.Second); took != 30*time.Second {
			t.Errorf("three attempts took %v", took)
		}
	})
}
