package extract_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkhouse/linkhouse/extract"
)

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

// Mutation: with the time taken in get it is red.
func TestTheTimeOfARequestIsThatOfItsLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{answer: func(n int, _ time.Duration) *http.Response {
			if n < 2 {
				return response(503, "", "Retry-After", "90")
			}
			return nil
		}}
		client := simulated(t, s.RoundTrip)
		start, sent := time.Now(), time.Time{}
		_, err := client.Get(t.Context(), extract.Request{Template: "/employers", Sent: &sent})
		if err != nil || len(s.sent) != 3 || sent.Sub(start) != s.sent[2] || s.sent[2] < 3*time.Minute {
			t.Errorf("%v: sent after %v; the attempts after %v", err, sent.Sub(start), s.sent)
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

func TestARefusalEndsAPauseToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{answer: func(n int, _ time.Duration) *http.Response {
			if n == 0 {
				return nil
			}
			if n == 1 {
				return response(429, "", "Retry-After", "200")
			}
			time.Sleep(latency) // answered after the pause has begun
			return response(401, "")
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 2 })
		flow(t.Context(), client, 1) // the first goes alone
		start := time.Now()
		if failed := flow(t.Context(), client, 10); failed != 10 {
			t.Errorf("%d failed", failed)
		}
		if took := time.Since(start); took != 2*latency || len(s.sent) != 3 {
			t.Errorf("%d requests, the last one left after %v", len(s.sent), took)
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
