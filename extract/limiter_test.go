package extract_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkhouse/linkhouse/extract"
)

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
		throttle := false
		s := &simulation{answer: func(int, time.Duration) *http.Response {
			if throttle {
				return response(429, "", "Retry-After", "1")
			}
			return nil
		}}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency, c.MaxAttempts = 16, 1 })
		flow(t.Context(), client, 1) // the first goes alone
		throttle = true
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

// Semantics 12: wrong credentials cost one request, however many are about to be sent.
func TestTheFirstRequestGoesAloneUntilItIsAnswered(t *testing.T) {
	for _, status := range []int{401, 403} {
		synctest.Test(t, func(t *testing.T) {
			s := &simulation{answer: func(int, time.Duration) *http.Response { return response(status, "") }}
			client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 16 })
			if failed := flow(t.Context(), client, 50); failed != 50 || len(s.sent) != 1 {
				t.Errorf("%d of 50 failed, %d were sent", failed, len(s.sent))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{}
		client := simulated(t, s.RoundTrip, func(c *extract.Config) { c.Concurrency = 16 })
		flow(t.Context(), client, 33)
		if s.sent[1] != latency || s.sent[16] != latency || s.sent[17] != 2*latency {
			t.Errorf("sent at %v", s.sent)
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
			if last := s.sent[80]; last > 80*gap+80*10*time.Microsecond+latency { // the first goes alone
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
		var mu sync.Mutex
		var window []time.Duration
		refused := 0
		s := &simulation{answer: func(_ int, at time.Duration) *http.Response {
			mu.Lock()
			defer mu.Unlock()
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
